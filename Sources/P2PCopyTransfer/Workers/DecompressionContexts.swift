package import NIOCore
package import P2PCopyCore

/// The decompression contexts of one session, lent to whichever task decompresses and reused by the next.
package final class DecompressionContexts: Sendable {
  private let contexts: ContextLoans<any DecompressionContext>

  /// Contexts of a compressor; none is made before it is needed.
  package init(_ compressor: any Compressor) {
    contexts = ContextLoans { () throws(P2PCopyError) in try compressor.makeDecompressionContext() }
  }

  /// What compressed bytes stand for, in a buffer of its own.
  ///
  /// - Parameters:
  ///   - compressed: The readable bytes are the compressed form, all of it.
  ///   - rawByteCount: How many bytes it stands for, bounded by the caller: so much memory is used.
  ///   - buffers: Where the new buffer comes from.
  /// - Returns: The raw bytes.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/corruptData`` when it stands for another number of bytes, or
  ///   is damaged.
  package func decompress(
    _ compressed: ByteBuffer, rawByteCount: Int, into buffers: MessageBufferPool
  ) throws(P2PCopyError) -> ByteBuffer {
    let loan = try contexts.borrow()
    defer { contexts.giveBack(loan) }
    var raw = buffers.take()
    let count: Int
    do {
      count = try compressed.withUnsafeReadableBytes { bytes in
        let input = RawSpan(_unsafeBytes: bytes)
        return try raw.writeWithUnsafeMutableBytes(minimumWritableBytes: rawByteCount) { memory in
          let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<rawByteCount])
          var output = OutputRawSpan(buffer: room, initializedCount: 0)
          try loan.context.decompress(input, into: &output)
          return output.finalize(for: room)
        }
      }
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.internalError, "unexpected error while decompressing; please report it", cause: error)
    }
    guard count == rawByteCount else {
      throw P2PCopyError(
        .corruptData, "a record has \(count) bytes when decompressed, and \(rawByteCount) were announced")
    }
    return raw
  }
}
