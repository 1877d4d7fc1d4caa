import P2PCopyCore

/// What a receipt says, without its entries.
struct ReceiptContent: Sendable {
  var role: PeerRole?
  var digest: CodecName?
  /// The length of its files' digests; `nil` without files.
  var digestByteCount: Int?
  var failureCount: Int64 = 0
  /// What its end says.
  var totals = ReceiptTotals(treeDigest: [], isComplete: false)
  /// What comes out when its entries are counted.
  var computed = ReceiptTotals(treeDigest: [], isComplete: false)

  /// Whether entries and end fit each other.
  var isConsistent: Bool {
    totals.fileCount == computed.fileCount && totals.directoryCount == computed.directoryCount
      && totals.linkCount == computed.linkCount && totals.byteCount == computed.byteCount
      && totals.treeDigest == computed.treeDigest
  }
}
