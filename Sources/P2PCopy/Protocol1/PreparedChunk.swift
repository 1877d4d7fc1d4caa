import NIOCore

/// A chunk on its way out: read and, if the file is compressed, compressed; not yet chained and sealed.
struct PreparedChunk: Sendable {
  /// Space for the chunk header, then the payload.
  var message: ByteBuffer

  /// How many raw bytes it stands for; fewer than asked for when the file has become shorter.
  var rawByteCount: Int
}
