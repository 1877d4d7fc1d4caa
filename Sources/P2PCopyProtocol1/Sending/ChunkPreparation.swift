import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Reads and compresses the chunks of one file; any worker may prepare any chunk.
struct ChunkPreparation: Sendable {
  let file: OpenSourceFile
  let buffers: MessageBufferPool
  let contexts: CompressionContexts?

  /// Reads the chunk at an offset, and compresses it if the session compresses.
  ///
  /// - Throws: ``SystemError`` or ``P2PCopyError``.
  func prepare(offset: Int64, byteCount: Int) throws -> PreparedChunk {
    let raw = try read(offset: offset, byteCount: byteCount)
    guard let contexts else { return raw }
    return try compressed(raw, contexts).chunk
  }

  /// Reads a chunk without compressing it.
  func read(offset: Int64, byteCount: Int) throws -> PreparedChunk {
    var message = buffers.take()
    message.writeRepeatingByte(0, count: RecordHeader.byteCount)
    let count = try message.readFile(file.descriptor, byteCount: byteCount, at: offset)
    return PreparedChunk(message, rawByteCount: count)
  }

  /// The compressed form of a chunk, or the chunk itself when that is not small enough.
  ///
  /// - Parameters:
  ///   - raw: The chunk; used up.
  ///   - contexts: Where to borrow a context.
  ///   - ratio: What share of its size the compressed form must stay below to be worth it; any will do when missing.
  /// - Returns: What to send, and whether it is the compressed form.
  /// - Throws: ``P2PCopyError`` when the compressor fails.
  func compressed(
    _ raw: PreparedChunk, _ contexts: CompressionContexts, below ratio: Double? = nil
  ) throws -> (chunk: PreparedChunk, isCompressed: Bool) {
    let rawMessage = raw.message.take()
    let (message, count) = try contexts.compress(
      rawMessage, behind: RecordHeader.byteCount, into: buffers,
      maximumByteCount: Protocol1Suite.maximumMessageByteCount)
    if let ratio, raw.rawByteCount == 0 || Double(count) / Double(raw.rawByteCount) >= ratio {
      buffers.recycle(message)
      return (PreparedChunk(rawMessage, rawByteCount: raw.rawByteCount), false)
    }
    buffers.recycle(rawMessage)
    return (PreparedChunk(message, rawByteCount: raw.rawByteCount), true)
  }
}

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
