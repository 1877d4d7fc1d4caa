import NIOCore
import P2PCopyCore
import P2PCopyWire
import Synchronization

/// A chunk on its way out: read and, if the file is compressed, compressed; not yet chained and sealed.
///
/// A box that the message is taken out of: were the buffer a plain value, a copy of the reference would stay behind with
/// whoever handed it on, and every later change in place would copy a megabyte.
final class PreparedChunk: Sendable {
  /// How many raw bytes it stands for; fewer than asked for when the file has become shorter.
  let rawByteCount: Int

  /// Length of the payload in bytes.
  let payloadByteCount: Int

  private let message: Mutex<ByteBuffer>

  /// - Parameters:
  ///   - message: Space for the chunk header, then the payload.
  ///   - rawByteCount: How many raw bytes it stands for.
  init(_ message: consuming ByteBuffer, rawByteCount: Int) {
    self.rawByteCount = rawByteCount
    payloadByteCount = message.readableBytes - RecordHeader.byteCount
    self.message = Mutex(message)
  }

  /// Takes the message out and leaves an empty one.
  func takeMessage() -> ByteBuffer {
    message.withLock { message in
      var taken = ByteBuffer()
      swap(&taken, &message)
      return taken
    }
  }
}
