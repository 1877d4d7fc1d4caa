public import P2PCopyCore

/// What both sides of a transfer have agreed on (protocol 2: the other has nothing to negotiate).
public struct TransferTerms: Sendable, Hashable {
  /// The cipher.
  public var cipher: CodecName

  /// The compressor; `nil` when nothing is compressed.
  public var compressor: CodecName?

  /// The digest of whole files.
  public var digest: CodecName

  /// So many bytes are in a chunk.
  public var chunkByteCount: Int

  /// Whether what the receiver has already is not sent again.
  public var resumes: Bool

  /// So many connections are used at the same time at most.
  public var connectionCount: Int

  package init(
    cipher: CodecName, compressor: CodecName?, digest: CodecName, chunkByteCount: Int, resumes: Bool,
    connectionCount: Int
  ) {
    self.cipher = cipher
    self.compressor = compressor
    self.digest = digest
    self.chunkByteCount = chunkByteCount
    self.resumes = resumes
    self.connectionCount = connectionCount
  }
}
