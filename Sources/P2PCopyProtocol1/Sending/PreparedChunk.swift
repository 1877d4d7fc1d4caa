import NIOCore
import P2PCopyTransfer
import P2PCopyWire

/// A chunk on its way out: read and, if the file is compressed, compressed; not yet chained and sealed.
struct PreparedChunk: Sendable {
  /// Space for the chunk header, then the payload.
  let message: OutgoingMessage

  /// How many raw bytes it stands for; fewer than asked for when the file has become shorter.
  let rawByteCount: Int

  /// Length of the payload in bytes.
  let payloadByteCount: Int

  /// - Parameters:
  ///   - message: Space for the chunk header, then the payload.
  ///   - rawByteCount: How many raw bytes it stands for.
  init(_ message: consuming ByteBuffer, rawByteCount: Int) {
    self.rawByteCount = rawByteCount
    payloadByteCount = message.readableBytes - RecordHeader.byteCount
    self.message = OutgoingMessage(message)
  }
}
