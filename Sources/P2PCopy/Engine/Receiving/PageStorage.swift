import P2PCopyCore
import P2PCopyTransfer

/// A page while its data is being stored: what became of each entry.
///
/// Used by the storing task alone.
final class PageStorage {
  /// What became of an entry.
  enum Outcome {
    /// Nothing yet.
    case awaited
    /// In place.
    case delivered(DeliveredEntry, isUnchanged: Bool)
    /// It failed here; the receipt will say so.
    case failed(P2PCopyError)
    /// Not delivered, and the sender knows.
    case settled
  }

  let page: IncomingPage
  var outcomes: [Outcome]

  init(_ page: IncomingPage) {
    self.page = page
    outcomes = page.entries.map { _ in .awaited }
  }

  /// Takes over what was decided without any data: call once the sender has said that it sent everything, which it does
  /// after it knew what was decided.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when the sender did not wait for that: what
  ///   it announced may be something that is about to be refused.
  func takeOverPlans() throws(P2PCopyError) {
    for position in page.entries.indices {
      switch page[position] {
      case .unchanged(let entry):
        guard case .awaited = outcomes[position] else { throw Self.unasked(page.entries[position]) }
        outcomes[position] = .delivered(entry, isUnchanged: true)
      case .settled: outcomes[position] = .settled
      case .expected, .continues, .made: break
      case .undecided, .awaitingCheck:
        throw P2PCopyError(
          .protocolViolation, "the sender ended a page before it was told what is wanted of it")
      }
    }
  }

  /// The error for data that nobody wanted.
  static func unasked(_ entry: IncomingEntry) -> P2PCopyError {
    P2PCopyError(.protocolViolation, "the sender sent '\(entry.shown)', which was not wanted or was sent already")
  }
}
