import NIOCore
import P2PCopyCore

/// Announces pages, takes the receiver's answers, sends the data of one page after the other, and compares the receipts.
///
/// Used by the session's task alone.
final class SendingLoop {
  let channel: RecordChannel
  let settings: SendSettings
  let events: BoundedQueue<SenderEvent>
  let credits: BoundedQueue<Void>
  let source: SendSource
  let log: DeliveryLog
  let packCompression: FileCompression

  private var pages: [OutgoingPage] = []
  private var tree = TreeDigest()
  private var delivered = SessionTotals()
  /// What failed at this side, which the receiver is told.
  private var failureCount: UInt64 = 0
  /// What failed at the receiver.
  private var receiverFailureCount: UInt64 = 0
  private var isManifestComplete = false
  private var isEndSent = false
  private var isOver = false

  init(
    channel: RecordChannel, settings: SendSettings, events: BoundedQueue<SenderEvent>, credits: BoundedQueue<Void>,
    source: SendSource, log: DeliveryLog
  ) {
    self.channel = channel
    self.settings = settings
    self.events = events
    self.credits = credits
    self.source = source
    self.log = log
    packCompression = FileCompression(settings.compressionMode)
  }

  private var monitor: TransferMonitor { settings.monitor }

  /// Runs until the receipt.
  func run() async throws {
    while !isOver {
      guard let event = try await events.next() else { return }
      try await handle(event)
      while let page = pages.first(where: { $0.state != .sent }), page.state == .ready {
        try await PageUpload(page, loop: self).run()
      }
      try await sayEndIfComplete()
    }
  }

  /// Takes what has come meanwhile, without waiting.
  func handlePendingEvents() async throws {
    while let event = try events.nextIfAny() { try await handle(event) }
  }

  /// An entry failed at this side: the receiver is told, the rest goes on.
  func fail(_ page: OutgoingPage, _ position: Int, _ error: P2PCopyError) async throws {
    page.outcomes[position] = .settled
    failureCount += 1
    let failure = EntryFailure(path: page.entries[position].path.description, error: error)
    monitor.fail(failure)
    log.add(failure)
    var record = channel.emptyRecord()
    record.writeInteger(RecordKind.fileFailed.rawValue)
    EntryFailureNotice(index: page.index(of: position), code: error.code, message: error.message).write(to: &record)
    try await channel.send(consume record)
  }

  // MARK: Events

  private func handle(_ event: SenderEvent) async throws {
    switch event {
    case .page(let page): try await announce(page)
    case .pagesEnded(let totals, let failureCount):
      isManifestComplete = true
      self.failureCount += failureCount
      monitor.announcementsEnded()
      try await channel.send(.manifestEnd(totals, failureCount: failureCount))
    case .answer(let answer): try await take(answer)
    case .verdict(let verdict): try takeVerdict(verdict)
    case .pageReceipt(let receipt): try take(receipt)
    case .receipt(let totals, let treeDigest, let failureCount):
      try takeReceipt(totals, treeDigest, failureCount)
    }
  }

  private func announce(_ page: SourcePages.Page) async throws {
    let outgoing = OutgoingPage(page)
    pages.append(outgoing)
    let fileByteCounts = page.entries.compactMap { entry -> Int64? in
      if case .file(let byteCount) = entry.kind { byteCount } else { nil }
    }
    monitor.announce(
      fileCount: fileByteCounts.count,
      byteCount: fileByteCounts.reduce(0) { $0.addingReportingOverflow($1).partialValue })
    var record = channel.emptyRecord()
    record.writeRepeatingByte(0, count: BulkHeader.byteCount)
    let manifestPage = ManifestPage(
      firstIndex: page.firstIndex,
      entries: page.entries.map { $0.pageEntry(withMetadata: settings.keepsMetadata) })
    manifestPage.write(to: &record)
    let rawByteCount = record.readableBytes - ChunkHeader.byteCount - BulkHeader.byteCount
    var isCompressed = false
    if let compression = settings.compression {
      (record, isCompressed) = try compression.compress(record, below: Protocol2Suite.worthwhileRatio)
    }
    BulkHeader(kind: .page, isCompressed: isCompressed, rawByteCount: rawByteCount, index: page.firstIndex)
      .write(to: &record, at: record.readerIndex + ChunkHeader.byteCount)
    try await channel.send(consume record)
  }

  private func take(_ answer: PageAnswer) async throws {
    guard let page = pages.first(where: { $0.state == .announced }), page.firstIndex == answer.firstIndex else {
      throw P2PCopyError(.protocolViolation, "the receiver answered a page that was not asked about")
    }
    var checks: [Int] = []
    for (position, disposition) in answer.dispositions {
      try apply(disposition, to: page, position)
      if case .check = page.outcomes[position] { checks.append(position) }
    }
    guard !checks.isEmpty else {
      page.state = .ready
      return
    }
    page.state = .checking
    try await send(checks, of: page)
  }

  private func apply(_ disposition: EntryDisposition, to page: OutgoingPage, _ position: Int) throws(P2PCopyError) {
    guard position < page.entries.count else {
      throw P2PCopyError(.protocolViolation, "the receiver answered for an entry that is not in the page")
    }
    let entry = page.entries[position]
    let isFile = if case .file = entry.kind { true } else { false }
    switch disposition {
    case .continues(let byteCount, let digest) where isFile:
      page.outcomes[position] = .awaited(prefix: (byteCount, digest))
    case .check where isFile: page.outcomes[position] = .check
    case .unchanged where !isFile:
      page.outcomes[position] = .delivered(entry.delivered(digest: [], byteCount: 0), isUnchanged: true)
    case .skipped:
      page.outcomes[position] = .settled
      monitor.skipExisting(entry.path)
    case .refused(_, let message):
      page.outcomes[position] = .settled
      fail(entry, P2PCopyError(.peerFailed, "the receiver did not take '\(entry.path)': \(message)"))
    case .continues, .check, .unchanged:
      throw P2PCopyError(.protocolViolation, "the receiver's answer about '\(entry.path)' makes no sense")
    }
  }

  private func takeVerdict(_ verdict: PageAnswer) throws(P2PCopyError) {
    guard let page = pages.first(where: { $0.state == .checking }), page.firstIndex == verdict.firstIndex else {
      throw P2PCopyError(.protocolViolation, "the receiver gave a verdict about a page that was not checked")
    }
    for (position, disposition) in verdict.dispositions {
      guard position < page.entries.count, case .check = page.outcomes[position] else {
        throw P2PCopyError(.protocolViolation, "the receiver gave a verdict about a file that was not checked")
      }
      switch disposition {
      case .unchanged:
        guard let delivered = page.checked[position] else {
          throw P2PCopyError(.protocolViolation, "the receiver claims to have a file that could not be read here")
        }
        page.outcomes[position] = .delivered(delivered, isUnchanged: true)
      case .skipped, .refused: try apply(disposition, to: page, position)
      case .continues, .check:
        throw P2PCopyError(.protocolViolation, "the receiver's verdict makes no sense")
      }
    }
    for position in page.checked.keys {
      if case .check = page.outcomes[position] { page.outcomes[position] = .awaited(prefix: nil) }
    }
    page.state = .ready
  }

  /// Digests files that the receiver may have already, and sends the digests.
  private func send(_ positions: [Int], of page: OutgoingPage) async throws {
    var checks: [PageChecks.Check] = []
    let loan = try settings.digests.borrow()
    defer { settings.digests.giveBack(loan) }
    for position in positions {
      let entry = page.entries[position]
      monitor.emit(.checking(path: entry.path.description))
      do {
        let file = try OpenSourceFile(opening: entry)
        let byteCount = try FileDigest.update([loan.context], over: file.descriptor, byteCount: file.byteCount)
        let digest = try loan.context.finish()
        guard byteCount == file.byteCount else { throw file.changed }
        page.checked[position] = entry.delivered(digest: digest, byteCount: byteCount, metadata: file.metadata)
        checks.append(PageChecks.Check(position: position, digest: digest))
      } catch let error as P2PCopyError where error.code == .sourceUnreadable {
        try await fail(page, position, error)
        checks.append(PageChecks.Check(position: position, digest: []))
      } catch let error as SystemError {
        _ = try loan.context.finish()
        try await fail(
          page, position, OpenSourceFile.explain(error, at: entry.location))
        checks.append(PageChecks.Check(position: position, digest: []))
      }
    }
    var record = channel.emptyRecord()
    PageChecks(firstIndex: page.firstIndex, checks: checks).write(to: &record)
    try await channel.send(consume record)
  }

  // MARK: Receipts

  private func take(_ receipt: PageReceipt) throws {
    guard let page = pages.first, page.state == .sent, page.firstIndex == receipt.firstIndex else {
      throw P2PCopyError(.protocolViolation, "the receiver sent a receipt for a page that is not complete")
    }
    for failure in receipt.failures {
      guard let position = page.position(of: failure.index), case .delivered = page.outcomes[position] else {
        throw P2PCopyError(.protocolViolation, "the receiver's receipt names an entry that was not sent")
      }
      page.outcomes[position] = .settled
      let entry = page.entries[position]
      fail(entry, P2PCopyError(.peerFailed, "the receiver could not store '\(entry.path)': \(failure.message)"))
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
        "the receiver's digest of the tree differs from this side's after '\(page.entries.last?.path.description ?? "")';"
          + " what arrived is not what was sent: run the same commands again")
    }
    pages.removeFirst()
    _ = try credits.nextIfAny()
  }

  private func settle(_ entry: DeliveredEntry, _ path: RelativePath, isUnchanged: Bool) {
    guard entry.kind == .file else {
      delivered.addOther()
      monitor.finishOther(entry.kind)
      return
    }
    delivered.addFile(byteCount: entry.byteCount)
    if isUnchanged {
      monitor.skipUnchanged(path, byteCount: entry.byteCount)
    } else {
      monitor.finishFile(path, byteCount: entry.byteCount)
    }
  }

  private func fail(_ entry: SourceEntry, _ error: P2PCopyError) {
    receiverFailureCount += 1
    let failure = EntryFailure(path: entry.path.description, error: error)
    monitor.fail(failure)
    log.add(failure)
  }

  private func sayEndIfComplete() async throws {
    guard isManifestComplete, pages.isEmpty, !isEndSent else { return }
    isEndSent = true
    try await channel.send(.end(delivered, treeDigest: tree.value, failureCount: failureCount))
  }

  private func takeReceipt(_ totals: SessionTotals, _ treeDigest: [UInt8], _ failureCount: UInt64) throws {
    guard isEndSent else {
      throw P2PCopyError(.protocolViolation, "the receiver sent its receipt before the end")
    }
    guard totals == delivered, treeDigest == tree.value else {
      throw P2PCopyError(
        .checksumMismatch, "the receiver's receipt differs from what was sent: run the same commands again")
    }
    if failureCount > 0 {
      monitor.fail(
        EntryFailure(
          path: "",
          error: P2PCopyError(
            .peerFailed, "\(failureCount) entries are not as they should be at the receiver; see there")))
    }
    let chains = channel.chains
    try log.finish(
      treeDigest: treeDigest, senderChain: chains.sent, receiverChain: chains.received,
      isComplete: self.failureCount == 0 && receiverFailureCount == 0 && failureCount == 0)
    isOver = true
  }
}

extension SourceEntry {
  fileprivate func pageEntry(withMetadata: Bool) -> PageEntry {
    let kind: PageEntry.Kind =
      switch kind {
      case .file(let byteCount): .file(byteCount: byteCount)
      case .directory: .directory
      case .symbolicLink(let target): .symbolicLink(target: target)
      case .stream: .stream
      }
    return PageEntry(path: path.bytes, kind: kind, metadata: withMetadata ? metadata : nil)
  }
}
