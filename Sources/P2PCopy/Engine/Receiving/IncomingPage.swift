import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import Synchronization

/// A page of the sender's manifest until its receipt. The answering task decides about its entries, the storing task
/// acts on that.
final class IncomingPage: Sendable {
  /// What was decided about an entry.
  enum Plan: Sendable {
    /// Nobody has looked yet; data that comes so early was not asked for.
    case undecided
    /// It is to come whole, for this place, or for standard output; also links, which need no data.
    case expected(Destination?)
    /// It is to come from where the partial file ends; the digest has seen what is there.
    case continues(Destination, PartialStart, DigestContexts.Loan)
    /// The sender's digest decides.
    case awaitingCheck
    /// The directory was made, or was there.
    case made(RelativePath, DirectoryOrigin)
    /// It is there already.
    case unchanged(DeliveredEntry)
    /// Left alone or refused: the sender knows.
    case settled
  }

  let firstIndex: UInt64
  let entries: [IncomingEntry]
  private let plans: Mutex<[Plan]>

  init(firstIndex: UInt64, entries: [IncomingEntry]) {
    self.firstIndex = firstIndex
    self.entries = entries
    plans = Mutex([Plan](repeating: .undecided, count: entries.count))
  }

  /// The plan for an entry.
  subscript(position: Int) -> Plan {
    get { plans.withLock { $0[position] } }
    set { plans.withLock { $0[position] = newValue } }
  }

  /// The position of an entry that the sender named.
  func position(of index: UInt64) -> Int? {
    guard index >= firstIndex, index - firstIndex < UInt64(entries.count) else { return nil }
    return Int(index - firstIndex)
  }
}
