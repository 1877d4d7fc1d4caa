package import NIOCore
package import P2PCopyCore

/// The compression contexts of one session, lent to whichever task compresses a chunk and reused by the next.
package final class CompressionContexts: Sendable {
  package let compressor: any Compressor
  private let contexts: ContextLoans<any CompressionContext>

  package init(_ compressor: any Compressor) {
    self.compressor = compressor
    contexts = ContextLoans { () throws(P2PCopyError) in try compressor.makeCompressionContext() }
  }

  /// The compressed form of a message's content, in a buffer of its own.
  ///
  /// - Parameters:
  ///   - message: A head, then the content.
  ///   - headByteCount: How long the head is. The compressed form has as much room in front, zero at first.
  ///   - buffers: Where the new message comes from.
  ///   - maximumByteCount: The most room that a compressor may ask for.
  /// - Returns: The new message, and the length of the compressed content in it.
  /// - Throws: ``P2PCopyError`` when the compressor fails.
  package func compress(
    _ message: ByteBuffer, behind headByteCount: Int, into buffers: MessageBufferPool, maximumByteCount: Int
  ) throws -> (message: ByteBuffer, byteCount: Int) {
    let room = compressor.maximumCompressedByteCount(for: message.readableBytes - headByteCount)
    guard room >= 0, room <= maximumByteCount else {
      throw P2PCopyError(.internalError, "the compressor \(compressor.name) asks for \(room) bytes of room")
    }
    var compressed = buffers.take()
    compressed.writeRepeatingByte(0, count: headByteCount)
    let loan = try contexts.borrow()
    defer { contexts.giveBack(loan) }
    let count = try message.withUnsafeReadableBytes { bytes in
      let input = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[headByteCount...]))
      return try compressed.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
        var output = OutputRawSpan(buffer: memory, initializedCount: 0)
        try loan.context.compress(input, into: &output)
        return output.finalize(for: memory)
      }
    }
    guard count <= room else {
      throw P2PCopyError(.internalError, "the compressor \(compressor.name) exceeded its own bound")
    }
    return (compressed, count)
  }
}
