import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

extension SendingLoop {
  /// Takes the receipt of a page and compares it.
  func take(_ receipt: PageReceipt) throws {
    guard let page = pages.first, page.state == .sent, page.firstIndex == receipt.firstIndex else {
      throw P2PCopyError(.protocolViolation, "the receiver sent a receipt for a page that is not complete")
    }
    for failure in receipt.failures {
      guard let position = page.position(of: failure.index), case .delivered = page.outcomes[position] else {
        throw P2PCopyError(.protocolViolation, "the receiver's receipt names an entry that was not sent")
      }
      page.outcomes[position] = .settled
      let entry = page.entries[position]
      failAtReceiver(
        entry,
        P2PCopyError(
          .peerFailed, "the receiver could not store '\(entry.path)': \(failure.message)", scope: .entry))
    }
    for position in page.entries.indices {
      guard case .delivered(let entry, let isUnchanged) = page.outcomes[position] else { continue }
      tree.add(entry)
      log.add(entry)
      settle(entry, page.entries[position].path, isUnchanged: isUnchanged)
    }
    guard tree.value == receipt.treeDigest else {
      throw P2PCopyError(
        .checksumMismatch,
        "the receiver's digest of the tree differs from this side's after '\(page.entries.last?.path.description ?? "")':"
          + " what arrived is not what was sent",
        remedy: .runAgain)
    }
    // Pages are received in order: what was sent up to the end of this one has been dealt with.
    monitor.acknowledge(byteCount: page.sentByteCount)
    pages.removeFirst()
    _ = try credits.nextIfAny()
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

  /// An entry failed at the receiver.
  func failAtReceiver(_ entry: SourceEntry, _ error: P2PCopyError) {
    settings.failures.takeReported(EntryFailure(path: entry.path.description, error: error))
  }

  /// Says that everything is sent once it is, and all receipts are there.
  func sayEndIfComplete() async throws {
    guard isManifestComplete, pages.isEmpty, !isEndSent else { return }
    isEndSent = true
    try await lane.send(.end(delivered, treeDigest: tree.value, failureCount: settings.failures.ownCount))
  }

  /// Takes the last receipt.
  func takeReceipt(_ totals: SessionTotals, _ treeDigest: [UInt8], _ failureCount: UInt64) throws {
    guard isEndSent else {
      throw P2PCopyError(.protocolViolation, "the receiver sent its receipt before the end")
    }
    guard totals == delivered, treeDigest == tree.value else {
      throw P2PCopyError(
        .checksumMismatch, "the receiver's receipt differs from what was sent", remedy: .runAgain)
    }
    if failureCount > 0 {
      settings.failures.takeUnnamed(
        count: failureCount,
        P2PCopyError(
          .peerFailed, "\(failureCount) entries are not as they should be at the receiver", remedy: .seeOtherSide,
          scope: .entry))
    }
    let chains = lane.chains
    try log.finish(
      treeDigest: treeDigest, senderChain: chains.sent, receiverChain: chains.received,
      isComplete: failureCount == 0)
    isOver = true
  }
}
