import P2PCopyCore
import P2PCopyWire

/// What the sending side of a session reacts to.
enum SenderEvent: Sendable {
  /// The walk has filled a page.
  case page(SourcePages.Page)
  /// The walk is over.
  case pagesEnded(SessionTotals, failureCount: UInt64)
  /// The receiver answers a page.
  case answer(PageAnswer)
  /// The receiver answers the digests that it was sent.
  case verdict(PageAnswer)
  /// The receiver is done with a page.
  case pageReceipt(PageReceipt)
  /// The receiver is done with everything.
  case receipt(SessionTotals, treeDigest: [UInt8], failureCount: UInt64, metadataRefusalCount: UInt64)
}
