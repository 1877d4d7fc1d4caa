import NIOCore
package import P2PCopyCore
package import P2PCopyFiles
package import P2PCopyTransfer
import P2PCopyWire

/// What was negotiated, and what a sender was asked for: the same for all files of a session.
package struct SendSettings: Sendable {
  let source: any Source
  let buffers: MessageBufferPool
  let chunkByteCount: Int
  let compressionMode: CompressionMode
  /// Missing when nothing is compressed.
  let compression: RecordCompression?
  let digests: DigestContexts
  let keepsMetadata: Bool
  /// Whether the receiver was asked to go on with what it has.
  let resumes: Bool
  /// Whether the receiver may say that a file is complete by its size and time.
  let acceptsTimes: Bool
  let monitor: TransferMonitor
  let failures: EntryFailures

  package init(
    source: any Source, buffers: MessageBufferPool, chunkByteCount: Int, compressionMode: CompressionMode,
    compressor: (any Compressor)?, digests: DigestContexts, keepsMetadata: Bool, resumes: Bool,
    acceptsTimes: Bool = false, monitor: TransferMonitor, failures: EntryFailures
  ) {
    self.source = source
    self.buffers = buffers
    self.chunkByteCount = chunkByteCount
    self.compressionMode = compressionMode
    compression = compressor.map { RecordCompression(contexts: CompressionContexts($0), buffers: buffers) }
    self.digests = digests
    self.keepsMetadata = keepsMetadata
    self.resumes = resumes
    self.acceptsTimes = acceptsTimes
    self.monitor = monitor
    self.failures = failures
  }

  /// Larger files travel in chunks of their own.
  var largestPackedByteCount: Int64 { Int64(chunkByteCount / Protocol2Suite.packedShare) }

  /// The digest of all that can be read of a file.
  ///
  /// - Throws: ``P2PCopyError`` or `CancellationError`.
  package func digest(of content: any SourceContent) throws -> (digest: [UInt8], byteCount: Int64) {
    let loan = try digests.borrow()
    // By the size, with room to see that there is more: memory for a whole chunk costs more than reading a small file.
    let expected = max(min(content.byteCount, .max - 1) + 1, 64 << 10)
    var byteCount = try content.feed(loan.context, from: 0, byteCount: expected)
    if byteCount == expected { byteCount += try content.feed(loan.context, from: expected, byteCount: .max) }
    let digest = try loan.context.finish()
    digests.giveBack(loan)
    return (digest, byteCount)
  }
}

extension SourceContent {
  /// Feeds a part to a digest, looking for cancellation now and then.
  ///
  /// - Parameters:
  ///   - context: The digest.
  ///   - start: Where to begin.
  ///   - byteCount: How much, at most.
  /// - Returns: How many bytes there were.
  /// - Throws: ``P2PCopyError`` or `CancellationError`.
  func feed(_ context: any DigestContext, from start: Int64, byteCount: Int64) throws -> Int64 {
    try FileDigest.update(context, byteCount: byteCount) { memory, offset in
      if let count = try read(into: memory, at: start + offset) { return (count, count < memory.count) }
      let count = try readNext(into: memory, patience: -1) ?? 0
      return (count, count == 0)
    }
  }

  /// The same from the beginning, for what may take long: now and then others get their turn on the thread.
  func feedInPieces(_ context: any DigestContext, byteCount: Int64) async throws -> Int64 {
    let piece: Int64 = 16 << 20
    // By the size, with room to see that there is more: memory for a whole chunk costs more than reading a small file.
    var wanted = min(byteCount, piece, max(min(self.byteCount, piece) + 1, 64 << 10))
    var covered: Int64 = 0
    while wanted > 0 {
      let count = try feed(context, from: covered, byteCount: wanted)
      covered += count
      if count < wanted { break }
      await Task.yield()
      wanted = min(piece, byteCount - covered)
    }
    return covered
  }
}
