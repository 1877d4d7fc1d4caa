import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// What a sender counts: what is in place at the receiver, and what failed on which side.
///
/// Used by the pump alone.
final class SendingAccount {
  private let monitor: TransferMonitor
  private let failures: EntryFailures
  private let log: DeliveryLog
  private var tree = TreeDigest()
  private var delivered = SessionTotals()

  init(_ monitor: TransferMonitor, _ failures: EntryFailures, _ log: DeliveryLog) {
    self.monitor = monitor
    self.failures = failures
    self.log = log
  }

  /// An entry failed at the receiver.
  func failAtReceiver(_ entry: SourceEntry, _ error: P2PCopyError) {
    failures.takeReported(EntryFailure(path: EntryPath(entry.path), error: error))
  }

  /// Takes in what a page's receipt settles.
  ///
  /// - Parameters:
  ///   - settlement: What is in place, and what could not be stored.
  ///   - treeDigest: The receiver's digest of everything in place.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/checksumMismatch`` when it is not this side's.
  func take(_ settlement: OutgoingPage.Settlement, treeDigest: [UInt8]) throws(P2PCopyError) {
    let entries = settlement.page.entries
    for (position, message) in settlement.failures {
      let entry = entries[position]
      failAtReceiver(
        entry, P2PCopyError(.peerFailed, "the receiver could not store '\(entry.path)': \(message)", scope: .entry))
    }
    for (position, entry, isUnchanged) in settlement.delivered {
      tree.add(entry)
      log.add(entry)
      settle(entry, entries[position].path, isUnchanged: isUnchanged)
    }
    guard tree.value == treeDigest else {
      throw P2PCopyError(
        .checksumMismatch,
        "the receiver's digest of the tree differs from this side's after '\(entries.last?.path.description ?? "")':"
          + " what arrived is not what was sent",
        remedy: .runAgain)
    }
    // Pages are received in order: what was sent up to the end of this one has been dealt with.
    monitor.acknowledge(byteCount: settlement.sentByteCount)
  }

  private func settle(_ entry: DeliveredEntry, _ path: RelativePath, isUnchanged: Bool) {
    guard entry.kind == .file else {
      delivered.addOther()
      if !isUnchanged { monitor.finishOther(entry.kind) }
      return
    }
    delivered.addFile(byteCount: entry.byteCount)
    if isUnchanged {
      monitor.skipUnchanged(path, byteCount: entry.byteCount)
    } else {
      monitor.finishFile(path, byteCount: entry.byteCount)
    }
  }

  /// What the receiver is told when everything is sent.
  var end: SessionMessage { .end(delivered, treeDigest: tree.value, failureCount: failures.ownCount) }

  /// Compares the receiver's receipt, and writes this side's.
  ///
  /// - Parameters:
  ///   - receipt: What the receiver has.
  ///   - chains: The chains of both directions.
  /// - Throws: ``P2PCopyError``.
  func finish(_ receipt: SessionReceipt, chains: (sent: [UInt8], received: [UInt8])) throws {
    guard receipt.totals == delivered, receipt.treeDigest == tree.value else {
      throw P2PCopyError(
        .checksumMismatch, "the receiver's receipt differs from what was sent", remedy: .runAgain)
    }
    if receipt.failureCount > 0 {
      failures.takeUnnamed(
        count: receipt.failureCount,
        P2PCopyError(
          .peerFailed, "\(receipt.failureCount) entries are not as they should be at the receiver",
          remedy: .seeOtherSide,
          scope: .entry))
    }
    try log.finish(
      treeDigest: receipt.treeDigest, senderChain: chains.sent, receiverChain: chains.received,
      isComplete: receipt.failureCount == 0)
    monitor.metadataRefusedAtReceiver(entryCount: receipt.metadataRefusalCount)
  }
}
