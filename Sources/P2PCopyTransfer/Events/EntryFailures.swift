package import P2PCopyCore
package import P2PCopyFiles
package import P2PCopyWire
import Synchronization

/// The one road of an entry's failure, from whoever finds it to everybody who is to know: the listener and the summary, the
/// receipt, and the other side.
///
/// Nothing else tells the monitor or the log of a failure. Each comes here once: by one of two functions that make what the
/// other side has to be told, or by one of three that say why it need not be told by name.
package final class EntryFailures: Sendable {
  private let monitor: TransferMonitor
  private let log: DeliveryLog?
  private let counts = Mutex(Counts())

  private struct Counts {
    var own = SaturatingCount<UInt64>()
    var reported = SaturatingCount<UInt64>()
  }

  /// - Parameters:
  ///   - monitor: Tells the listener, and keeps the summary.
  ///   - log: Writes the receipt; protocol 1 has none.
  package init(_ monitor: TransferMonitor, _ log: DeliveryLog? = nil) {
    self.monitor = monitor
    self.log = log
  }

  /// What failed on this side so far.
  package var ownCount: UInt64 { counts.withLock { $0.own.value } }

  /// What the other side reported by name so far.
  package var reportedCount: UInt64 { counts.withLock { $0.reported.value } }

  /// An announced entry failed on this side.
  ///
  /// - Parameters:
  ///   - failure: Its name and the reason.
  ///   - index: Its index in the transfer.
  /// - Returns: What the other side has to be told.
  package func notice(of failure: EntryFailure, index: UInt64) -> EntryFailureNotice {
    takeOwn(failure)
    return EntryFailureNotice(index: index, code: failure.error.code, message: failure.error.advisingMessage)
  }

  /// An entry that the other side asked about is refused on this side.
  ///
  /// - Parameter failure: Its name and the reason.
  /// - Returns: The answer that the other side has to get.
  package func refusal(of failure: EntryFailure) -> EntryDisposition {
    takeOwn(failure)
    return .refused(code: failure.error.code, message: failure.error.advisingMessage)
  }

  /// An entry failed on this side that the other side cannot be told of by name: it was never announced, failed after the
  /// last word about it, or the protocol has no word for it. The other side gets ``ownCount``, or sees it itself.
  package func takeUntold(_ failure: EntryFailure) {
    takeOwn(failure)
  }

  /// The other side said that an entry failed there.
  package func takeReported(_ failure: EntryFailure) {
    counts.withLock { $0.reported += 1 }
    tell(failure)
  }

  /// The other side counted failures without naming them.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - error: What stands for them.
  package func takeUnnamed(count: UInt64, _ error: P2PCopyError) {
    monitor.failUnnamed(count: count, error)
  }

  private func takeOwn(_ failure: EntryFailure) {
    counts.withLock { $0.own += 1 }
    tell(failure)
  }

  private func tell(_ failure: EntryFailure) {
    monitor.fail(failure)
    log?.add(failure)
  }
}
