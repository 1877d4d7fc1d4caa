package import NIOCore
package import P2PCopyCore
import Synchronization

/// The compression contexts of one session, lent to whichever task compresses a chunk and reused by the next.
package final class CompressionContexts: Sendable {
  /// A context on loan.
  ///
  /// Safe to pass between tasks although a context is not: it is in the list or with one task, never both.
  private final class Loan: @unchecked Sendable {
    let context: any CompressionContext
    init(_ context: any CompressionContext) { self.context = context }
  }

  package let compressor: any Compressor
  private let idle = Mutex<[Loan]>([])

  package init(_ compressor: any Compressor) {
    self.compressor = compressor
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
    let count = try withContext { context in
      try message.withUnsafeReadableBytes { bytes in
        let input = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[headByteCount...]))
        return try compressed.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
          var output = OutputRawSpan(buffer: memory, initializedCount: 0)
          try context.compress(input, into: &output)
          return output.finalize(for: memory)
        }
      }
    }
    guard count <= room else {
      throw P2PCopyError(.internalError, "the compressor \(compressor.name) exceeded its own bound")
    }
    return (compressed, count)
  }

  /// Calls `body` with a context nobody else is using.
  private func withContext<Result>(_ body: (any CompressionContext) throws -> Result) throws -> Result {
    let loan = try idle.withLock { $0.popLast() } ?? Loan(compressor.makeCompressionContext())
    defer { idle.withLock { $0.append(loan) } }
    return try body(loan.context)
  }
}
