package import NIOCore
package import P2PCopyCore
import Synchronization

/// The decompression contexts of one session, lent to whichever task decompresses and reused by the next.
package final class DecompressionContexts: Sendable {
  /// A context on loan.
  ///
  /// Safe to pass between tasks although a context is not: it is in the list or with one task, never both.
  private final class Loan: @unchecked Sendable {
    let context: any DecompressionContext
    init(_ context: any DecompressionContext) { self.context = context }
  }

  private let compressor: any Compressor
  private let idle = Mutex<[Loan]>([])

  /// Contexts of a compressor; none is made before it is needed.
  package init(_ compressor: any Compressor) {
    self.compressor = compressor
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
    let loan = try borrow()
    defer { idle.withLock { $0.append(loan) } }
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

  private func borrow() throws(P2PCopyError) -> Loan {
    if let loan = idle.withLock({ $0.popLast() }) { return loan }
    return Loan(try compressor.makeDecompressionContext())
  }
}
