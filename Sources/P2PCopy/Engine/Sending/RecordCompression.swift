import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// Makes the compressed form of a bulk record where that pays.
struct RecordCompression: Sendable {
  let contexts: CompressionContexts
  let buffers: MessageBufferPool

  /// What stands in front of the data.
  private static let headByteCount = RecordHeader.byteCount + BulkHeader.byteCount

  /// The compressed form of a record, or the record itself when that is not small enough.
  ///
  /// - Parameters:
  ///   - record: Room for both headers, then the raw data; used up.
  ///   - ratio: What share of its size the compressed form must stay below.
  /// - Returns: The record to send and whether it is compressed; its bulk header is still to be written.
  /// - Throws: ``P2PCopyError`` when the compressor fails.
  func compress(
    _ record: consuming ByteBuffer, below ratio: Double
  ) throws -> (record: ByteBuffer, isCompressed: Bool) {
    let raw = record
    let rawByteCount = raw.readableBytes - Self.headByteCount
    guard rawByteCount > 0 else { return (raw, false) }
    let (output, count) = try contexts.compress(
      raw, behind: Self.headByteCount, into: buffers, maximumByteCount: Protocol2Suite.maximumMessageByteCount)
    guard Double(count) < Double(rawByteCount) * ratio else {
      buffers.recycle(output)
      return (raw, false)
    }
    buffers.recycle(raw)
    return (output, true)
  }
}
