package import P2PCopyCore

/// What a receipt says, without its entries.
package struct ReceiptContent: Sendable {
  package var role: PeerRole?
  package var digest: CodecName?
  /// The size of the chunks that its files' digests are made of; `nil` when they are over whole files.
  package var chunkByteCount: Int?
  /// The length of its files' digests; `nil` without files.
  package var digestByteCount: Int?
  package var failureCount: Int64 = 0
  /// How many files there are no digests of.
  package var knownByTimesCount = 0
  /// What its end says.
  package var totals = ReceiptTotals(treeDigest: [], isComplete: false)
  /// What comes out when its entries are counted.
  package var computed = ReceiptTotals(treeDigest: [], isComplete: false)

  /// Whether entries and end fit each other.
  var isConsistent: Bool {
    totals.fileCount == computed.fileCount && totals.directoryCount == computed.directoryCount
      && totals.linkCount == computed.linkCount && totals.byteCount == computed.byteCount
      && totals.treeDigest == computed.treeDigest
  }
}
