import P2PCopyCore

/// What was negotiated, and what a sender was asked for: the same for all files of a session.
struct SendSettings: Sendable {
  let chunkByteCount: Int
  let compressionMode: CompressionMode
  /// Missing when nothing is compressed.
  let compression: RecordCompression?
  let digests: DigestContexts
  let digestByteCount: Int
  let keepsMetadata: Bool
  /// Whether the receiver was asked to go on with what it has.
  let resumes: Bool
  let monitor: TransferMonitor

  /// Larger files travel in chunks of their own.
  var largestPackedByteCount: Int64 { Int64(chunkByteCount / Protocol2Suite.packedShare) }
}
