import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// Announces pages, takes the receiver's answers, sends the data of one page after the other, and compares the receipts.
///
/// Used by the session's task alone.
final class SendingLoop {
  let lane: Lane
  let settings: SendSettings
  let events: BoundedQueue<SenderEvent>
  let credits: BoundedQueue<Void>
  let source: SendSource
  let log: DeliveryLog
  let packCompression: FileCompression

  var pages: [OutgoingPage] = []
  var tree = TreeDigest()
  var delivered = SessionTotals()
  var isManifestComplete = false
  var isEndSent = false
  var isOver = false

  init(
    lane: Lane, settings: SendSettings, events: BoundedQueue<SenderEvent>, credits: BoundedQueue<Void>,
    source: SendSource, log: DeliveryLog
  ) {
    self.lane = lane
    self.settings = settings
    self.events = events
    self.credits = credits
    self.source = source
    self.log = log
    packCompression = FileCompression(settings.compressionMode)
  }

  var monitor: TransferMonitor { settings.monitor }

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
    let notice = settings.failures.notice(
      of: EntryFailure(path: page.entries[position].path.description, error: error), index: page.index(of: position))
    var record = lane.buffers.takeRecord()
    record.writeInteger(RecordKind.fileFailed.rawValue)
    notice.write(to: &record)
    try await lane.send(consume record)
  }

  // MARK: Events

  private func handle(_ event: SenderEvent) async throws {
    switch event {
    case .page(let page): try await announce(page)
    case .pagesEnded(let totals, let failureCount):
      isManifestComplete = true
      monitor.announcementsEnded()
      try await lane.send(.manifestEnd(totals, failureCount: failureCount))
    case .answer(let answer): try await take(answer)
    case .verdict(let verdict): try takeVerdict(verdict)
    case .pageReceipt(let receipt): try take(receipt)
    case .receipt(let totals, let treeDigest, let failureCount, let metadataRefusalCount):
      try takeReceipt(totals, treeDigest, failureCount)
      monitor.metadataRefusedAtReceiver(entryCount: metadataRefusalCount)
    }
  }

  private func announce(_ page: SourcePages.Page) async throws {
    let outgoing = OutgoingPage(page)
    pages.append(outgoing)
    let fileByteCounts = page.entries.compactMap { entry -> Int64?? in
      switch entry.kind {
      case .file(let byteCount): byteCount
      case .stream: .some(nil)
      case .directory, .symbolicLink: nil
      }
    }
    monitor.announce(fileByteCounts)
    var record = lane.buffers.takeBulkRecord()
    let manifestPage = ManifestPage(
      firstIndex: page.firstIndex,
      entries: page.entries.map { $0.pageEntry(withMetadata: settings.keepsMetadata) })
    manifestPage.write(to: &record)
    let rawByteCount = record.readableBytes - RecordHeader.byteCount - BulkHeader.byteCount
    var isCompressed = false
    if let compression = settings.compression {
      (record, isCompressed) = try compression.compress(record, below: Protocol2Suite.worthwhileRatio)
    }
    BulkHeader(kind: .page, isCompressed: isCompressed, rawByteCount: rawByteCount, index: page.firstIndex)
      .write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
    try await lane.send(consume record)
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
    return PageEntry(path: path.bytes, kind: kind, metadata: withMetadata ? knownMetadata : nil)
  }
}
