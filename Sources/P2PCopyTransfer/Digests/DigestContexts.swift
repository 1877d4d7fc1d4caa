package import P2PCopyCore

/// The digests of one session: their contexts are lent to whichever task digests something and reused for the next.
///
/// That of a file has two levels: it is over the digests of the file's chunks, so that they can be computed side by side and in
/// any order, and a chunk that differs be found and sent alone. `sha256` is what `sha256sum` says, over the whole file at once.
package final class DigestContexts: Sendable {
  package typealias Loan = ContextLoans<any DigestContext>.Loan

  /// The digest that the peers agreed on.
  package let digest: any Digest

  /// The size of all chunks of a file but the last.
  package let chunkByteCount: Int

  /// Whether the digest of a file has two levels.
  package let isChunked: Bool

  private let files: ContextLoans<any DigestContext>
  private let chunkContexts: ContextLoans<any DigestContext>

  /// - Parameters:
  ///   - digest: The digest.
  ///   - chunkByteCount: The size of chunks.
  package init(_ digest: any Digest, chunkByteCount: Int) {
    self.digest = digest
    self.chunkByteCount = chunkByteCount
    isChunked = ChunkedDigest.isMade(of: digest.name)
    chunkContexts = ContextLoans { () throws(P2PCopyError) in try digest.makeContext() }
    let chunked = ChunkedDigest(of: digest, chunkByteCount: chunkByteCount)
    files =
      isChunked ? ContextLoans { () throws(P2PCopyError) in try chunked.makeContext() } : chunkContexts
  }

  /// A context for a file, from its beginning to its end, that nobody else is using and that has seen no byte.
  package func borrow() throws(P2PCopyError) -> Loan { try files.borrow() }

  /// Gives a context back. It must have been finished.
  package func giveBack(_ loan: Loan) { files.giveBack(loan) }

  /// The digest of one chunk.
  package func digest(ofChunk chunk: RawSpan) throws(P2PCopyError) -> [UInt8] {
    let loan = try chunkContexts.borrow()
    try loan.context.update(chunk)
    let digest = try loan.context.finish()
    chunkContexts.giveBack(loan)
    return digest
  }

  /// The digest of a file whose digest has two levels.
  ///
  /// - Parameters:
  ///   - chunks: Its chunks' digests.
  ///   - byteCount: Its size.
  /// - Returns: The digest; `nil` when that of a chunk is missing.
  /// - Throws: ``P2PCopyError`` when the digest fails.
  package func digest(of chunks: ChunkTable, byteCount: Int64) throws(P2PCopyError) -> [UInt8]? {
    let count = chunkCount(of: byteCount)
    if count == 0 { return try digest(ofChunk: RawSpan()) }
    guard let digests = chunks.digests(count) else { return nil }
    if count == 1 { return digests }
    return try digest(ofChunk: digests.span.bytes)
  }

  /// How many chunks so many bytes have.
  package func chunkCount(of byteCount: Int64) -> Int64 {
    let (whole, rest) = byteCount.quotientAndRemainder(dividingBy: Int64(chunkByteCount))
    return whole + (rest > 0 ? 1 : 0)
  }

  /// A digest that nothing has.
  package var none: [UInt8] { [UInt8](repeating: 0, count: digest.byteCount) }
}
