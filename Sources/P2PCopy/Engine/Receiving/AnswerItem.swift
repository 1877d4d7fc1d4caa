import P2PCopyCore
import P2PCopyWire

/// What the answering task does next.
enum AnswerItem: Sendable {
  /// Says what is wanted of a page.
  case page(IncomingPage)
  /// Compares the sender's digests with what is there.
  case checks(PageChecks)
}
