import P2PCopyCore

/// Where a session writes down what is in place: the receipt and the list of checksums, each if it was asked for.
final class DeliveryLog: @unchecked Sendable {
  static let checksumsDigest: CodecName = "sha256"
  init(receiptFile: String?, checksumsFile: String?) throws(P2PCopyError) {}
  func begin(role: PeerRole, digest: CodecName) {}
  func add(_ entry: DeliveredEntry) throws(P2PCopyError) {}
  func add(_ failure: EntryFailure) {}
  func finish(_ totals: SessionTotals, treeDigest: [UInt8], chains: (sent: [UInt8], received: [UInt8])) throws(P2PCopyError) {}
}
