import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

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
  let failures: EntryFailures

  /// The digest of all that can be read of a file.
  ///
  /// - Throws: ``SystemError``, ``P2PCopyError`` or `CancellationError`.
  func digest(of file: OpenSourceFile) throws -> (digest: [UInt8], byteCount: Int64) {
    let loan = try digests.borrow()
    // By the size, with room to see that there is more: memory for a whole chunk costs more than reading a small file.
    let expected = max(min(file.byteCount, .max - 1) + 1, 64 << 10)
    var byteCount = try FileDigest.update(loan.context, over: file.descriptor, byteCount: expected)
    var digest = try loan.context.finish()
    if byteCount == expected {
      byteCount = try FileDigest.update(loan.context, over: file.descriptor, byteCount: .max)
      digest = try loan.context.finish()
    }
    digests.giveBack(loan)
    return (digest, byteCount)
  }

  /// Larger files travel in chunks of their own.
  var largestPackedByteCount: Int64 { Int64(chunkByteCount / Protocol2Suite.packedShare) }
}
