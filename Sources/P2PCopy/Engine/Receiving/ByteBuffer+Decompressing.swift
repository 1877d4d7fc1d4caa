import NIOCore
import P2PCopyCore

extension ByteBuffer {
  /// Fills memory with the raw bytes that the readable ones stand for.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/corruptData`` when they do not fill it exactly.
  func decompress(
    with context: any DecompressionContext, into memory: UnsafeMutableRawBufferPointer
  ) throws(P2PCopyError) {
    let count = try withBytes(from: readerIndex) { (input) throws(P2PCopyError) in
      var output = OutputRawSpan(buffer: memory, initializedCount: 0)
      try context.decompress(input, into: &output)
      return output.finalize(for: memory)
    }
    guard count == memory.count else {
      throw P2PCopyError(
        .corruptData, "a record has \(count) bytes when decompressed, and \(memory.count) were announced")
    }
  }
}

extension P2PCopyError {
  /// A record is compressed and should not be.
  static var notAgreed: P2PCopyError {
    P2PCopyError(.protocolViolation, "the sender compresses, though no compressor was agreed")
  }
}
