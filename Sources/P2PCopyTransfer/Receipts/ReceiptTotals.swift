/// What a receipt says at its end.
package struct ReceiptTotals: Sendable, Hashable {
  package var fileCount: Int
  package var directoryCount: Int
  package var linkCount: Int
  /// Bytes of content in all files.
  package var byteCount: Int64
  /// ``TreeDigest/value`` over all entries.
  package var treeDigest: [UInt8]
  /// Whether everything of the transfer arrived.
  package var isComplete: Bool
  /// The last link of the chain over the records of each direction, 32 bytes, where the session has one.
  package var senderChain: [UInt8]?
  package var receiverChain: [UInt8]?

  package init(
    fileCount: Int = 0, directoryCount: Int = 0, linkCount: Int = 0, byteCount: Int64 = 0, treeDigest: [UInt8],
    isComplete: Bool, senderChain: [UInt8]? = nil, receiverChain: [UInt8]? = nil
  ) {
    self.fileCount = fileCount
    self.directoryCount = directoryCount
    self.linkCount = linkCount
    self.byteCount = byteCount
    self.treeDigest = treeDigest
    self.isComplete = isComplete
    self.senderChain = senderChain
    self.receiverChain = receiverChain
  }
}
