import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// What this side has put in place and what failed, as both sides count it, in the order of the manifest.
///
/// Used by the storing task alone.
final class ReceivingAccount {
  private let monitor: TransferMonitor
  private let failures: EntryFailures
  private let log: DeliveryLog
  private var tree = TreeDigest()
  private var totals = SessionTotals()
  /// What failed after the last page's receipt, which the sender does not know of yet.
  private var lateFailureCount: UInt64 = 0
  /// Directories that were there before the session.
  private var presentDirectoryCount: UInt64 = 0

  init(_ settings: ReceiveSettings, log: DeliveryLog) {
    monitor = settings.monitor
    failures = settings.failures
    self.log = log
  }

  /// The digest over everything that was counted.
  var treeDigest: [UInt8] { tree.value }

  // MARK: As it happens

  /// A file is in place. It shows from now on, though it counts only with its page.
  func show(_ delivered: DeliveredEntry, of entry: IncomingEntry) {
    guard let sentPath = entry.path else { return }
    let path = path(of: delivered, sentAs: sentPath)
    sayIfRenamed(sentPath, path)
    monitor.finishFile(path, byteCount: delivered.byteCount)
  }

  /// The mode or time of something in place was refused, or not.
  func takeRefusal(of placed: PlacedEntry, _ kind: DeliveredEntry.Kind) {
    monitor.take(placed.refusal, of: kind, placed.path.description)
  }

  /// The sender could not send an entry.
  func withdraw(_ entry: IncomingEntry, _ message: String) {
    failures.takeReported(
      EntryFailure(
        path: EntryPath(entry.rawPath),
        error: P2PCopyError(.incomplete, "the sender could not send '\(entry.shown)': \(message)", scope: .entry)))
  }

  // MARK: In the order of the manifest

  /// Counts an entry that is in place.
  func count(_ delivered: DeliveredEntry, of entry: IncomingEntry, isUnchanged: Bool) {
    tree.add(delivered)
    log.add(delivered)
    guard let sentPath = entry.path else { return }
    let path = path(of: delivered, sentAs: sentPath)
    guard delivered.kind == .file else {
      totals.addOther()
      if !isUnchanged {
        // Directories say it themselves, once for all that is in them.
        if delivered.kind != .directory { sayIfRenamed(sentPath, path) }
        monitor.finishOther(delivered.kind)
      } else if delivered.kind == .directory {
        // Links that were there the sender knows from the answers.
        presentDirectoryCount += 1
      }
      return
    }
    totals.addFile(byteCount: delivered.byteCount)
    if isUnchanged { monitor.skipUnchanged(path, byteCount: delivered.byteCount) }
  }

  /// Counts an entry that failed here.
  ///
  /// - Returns: What its page's receipt tells the sender.
  func fail(_ entry: IncomingEntry, _ index: UInt64, _ error: P2PCopyError) -> EntryFailureNotice {
    failures.notice(of: EntryFailure(path: EntryPath(entry.rawPath), error: error), index: index)
  }

  // MARK: The end

  /// Compares what is here with what the sender counted.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/checksumMismatch``.
  func compare(_ totals: SessionTotals, treeDigest: [UInt8]) throws(P2PCopyError) {
    guard totals == self.totals, treeDigest == tree.value else {
      throw P2PCopyError(
        .checksumMismatch, "what arrived is not what the sender counted", remedy: .runAgain)
    }
  }

  /// Something failed that was in place already.
  func failLate(_ failure: EntryFailure) {
    lateFailureCount += 1
    failures.takeUntold(failure)
  }

  /// Closes the account.
  ///
  /// - Parameters:
  ///   - senderFailureCount: How many entries the sender could not list or send.
  ///   - chains: Those over the records of both directions so far: what is sent from now on is not in this side's receipt.
  /// - Returns: The receipt that the sender gets.
  /// - Throws: ``P2PCopyError`` when this side's receipt cannot be written.
  func finish(
    senderFailureCount: UInt64, chains: (sent: [UInt8], received: [UInt8])
  ) throws(P2PCopyError) -> SessionMessage {
    let reportedCount = failures.reportedCount
    if senderFailureCount > reportedCount {
      failures.takeUnnamed(
        count: senderFailureCount - reportedCount,
        P2PCopyError(
          .incomplete, "the sender could not list or send everything", remedy: .seeOtherSide, scope: .entry))
    }
    try log.finish(
      treeDigest: tree.value, senderChain: chains.received, receiverChain: chains.sent,
      isComplete: senderFailureCount == 0)
    return .receipt(
      totals, treeDigest: tree.value, failureCount: lateFailureCount,
      metadataRefusalCount: UInt64(clamping: monitor.metadataRefusalCount),
      presentDirectoryCount: presentDirectoryCount)
  }

  private func path(of delivered: DeliveredEntry, sentAs path: RelativePath) -> RelativePath {
    delivered.placedPath.flatMap { try? RelativePath(validating: $0) } ?? path
  }

  private func sayIfRenamed(_ sentPath: RelativePath, _ path: RelativePath) {
    if path.name != sentPath.name { monitor.rename(sentPath, to: path) }
  }
}
