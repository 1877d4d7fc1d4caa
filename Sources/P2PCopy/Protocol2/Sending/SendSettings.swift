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

  /// The digest of all that can be read of a file.
  ///
  /// - Throws: ``SystemError``, ``P2PCopyError`` or `CancellationError`.
  func digest(of file: OpenSourceFile) throws -> (digest: [UInt8], byteCount: Int64) {
    let loan = try digests.borrow()
    let byteCount = try FileDigest.update([loan.context], over: file.descriptor, byteCount: .max)
    let digest = try loan.context.finish()
    digests.giveBack(loan)
    return (digest, byteCount)
  }

  /// Larger files travel in chunks of their own.
  var largestPackedByteCount: Int64 { Int64(chunkByteCount / Protocol2Suite.packedShare) }
}
