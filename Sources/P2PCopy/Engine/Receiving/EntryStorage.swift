import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// What the storing task does next, in the order in which the sender sent it.
enum StoreItem: Sendable {
  /// A piece of a file.
  case chunk(IncomingFile, offset: Int64, IncomingUnit<ByteBuffer>)
  /// Small files.
  case pack(IncomingUnit<PreparedPack>)
  /// A file is complete.
  case fileEnd(IncomingFile, FileEnd)
  /// What came of a file, so many bytes, is void.
  case again(IncomingFile, byteCount: Int64)
  /// The sender could not send an entry.
  case withdrawn(IncomingEntry, EntryFailureNotice)
  /// Everything of a page was sent.
  case pageEnd
  /// Everything was sent.
  case end(SessionTotals, treeDigest: [UInt8], failureCount: UInt64)
}

/// Stores what the sender sends, in order, and says what is in place.
///
/// Used by the storing task alone.
final class EntryStorage {
  private let delivery: Delivery
  private let settings: ReceiveSettings
  private let ledger: IncomingPageLedger
  private let store: any EntryStoring
  private let partials: BoundedQueue<PartialQuestion>
  private let account: ReceivingAccount
  private var acknowledgement: Acknowledgement
  /// The file that is coming in chunks.
  private var writer: FileWriter?
  /// How many pages have ended whose receipt is not sent.
  private var endedPageCount = 0

  init(
    delivery: Delivery, settings: ReceiveSettings, ledger: IncomingPageLedger, store: any EntryStoring,
    partials: BoundedQueue<PartialQuestion>, log: DeliveryLog
  ) {
    self.partials = partials
    self.delivery = delivery
    self.settings = settings
    self.ledger = ledger
    self.store = store
    account = ReceivingAccount(settings, log: log)
    acknowledgement = Acknowledgement(interval: settings.acknowledgementInterval)
  }

  /// Stores until everything is in place and the receipt is sent.
  func run(_ items: BoundedQueue<StoreItem>) async throws {
    while let item = try await items.next() {
      switch item {
      case .chunk(let file, let offset, let unit): try await write(unit.content(), of: file, at: offset)
      case .pack(let unit): try await storeFiles(of: unit.content())
      case .fileEnd(let file, let end): try await finish(file, end)
      case .again(let file, let byteCount): try abandon(file, byteCount)
      case .withdrawn(let entry, let notice):
        // What was written of it stays, to be gone on with.
        if let writer, writer.file.index == notice.index {
          writer.file.table.close()
          self.writer = nil
        }
        settings.limits.settle(notice.index)
        account.withdraw(entry, notice.message)
      case .pageEnd: endedPageCount += 1
      case .end(let totals, let treeDigest, let failureCount):
        try await finish(totals, treeDigest, failureCount)
        return
      }
      try await finishPages()
      if let message = acknowledgement.due() { try await delivery.tell(message) }
    }
  }

  /// Raw bytes of content have been dealt with.
  private func advance(by byteCount: Int) {
    settings.monitor.advance(by: byteCount)
    acknowledgement.byteCount += byteCount
  }

  // MARK: Files

  private func write(_ content: ByteBuffer, of file: IncomingFile, at offset: Int64) throws(P2PCopyError) {
    let byteCount = content.readableBytes
    try settings.limits.arrive(byteCount, of: file.entry, file.index)
    try self.writer(of: file).write(content, at: offset)
    delivery.buffers.recycle(content)
    advance(by: byteCount)
  }

  private func finish(_ file: IncomingFile, _ end: FileEnd) async throws {
    let writer: FileWriter
    do throws(P2PCopyError) {
      writer = try self.writer(of: file)
      self.writer = nil
      if let (placed, delivered) = try writer.finish(end) {
        try deliver(file.index, placed, delivered, file.entry)
        return
      }
    } catch {
      try fail(file.index, error)
      return
    }
    try await doubt(file.index, file.entry, at: file.place, end, writer)
  }

  /// A file is not what the sender read: what differs is asked for once more, once.
  ///
  /// - Parameters:
  ///   - index: The file's index.
  ///   - entry: The file.
  ///   - place: Where it is to be.
  ///   - end: What the sender read.
  ///   - writer: What has written it; `nil` when nothing was written.
  /// - Throws: ``P2PCopyError`` when the session cannot go on.
  private func doubt(
    _ index: UInt64, _ entry: IncomingEntry, at place: PlannedPlace, _ end: FileEnd, _ writer: FileWriter?
  ) async throws {
    let content = writer?.leave().map {
      PartialContent(
        start: $0, byteCount: end.byteCount, table: ChunkTable(digestByteCount: settings.digests.digest.byteCount))
    }
    let mayComeAgain = store.canTakeAgain ? try ledger.doubt(index, place, content) : false
    if !mayComeAgain || content == nil { writer?.discard() }
    guard mayComeAgain else {
      return try fail(
        index,
        P2PCopyError(
          .checksumMismatch,
          "'\(entry.shown)' is not what the sender read: its digest differs; memory, disk or codec is faulty on one"
            + " side", remedy: .runAgain, scope: .entry))
    }
    settings.limits.takeBack(end.byteCount, of: entry, index)
    settings.monitor.repeatFile(
      EntryPath(entry.rawPath), byteCount: end.byteCount,
      because: "'\(entry.shown)' is not what the sender read; what is damaged of it comes once more")
    try await partials.put(
      PartialQuestion(reason: .isDamaged, index: index, place: place, content: content, byteCount: end.byteCount))
  }

  /// Forgets what came of a file, which comes once more.
  private func abandon(_ file: IncomingFile, _ byteCount: Int64) throws(P2PCopyError) {
    if let writer, writer.file === file { try writer.abandon() }
    writer = nil
    settings.limits.takeBack(byteCount, of: file.entry, file.index)
    settings.monitor.repeatFile(
      EntryPath(file.entry.rawPath), byteCount: file.startOffset + byteCount,
      because: "'\(file.entry.shown)' changed while it was being sent, and comes once more")
  }

  private func writer(of file: IncomingFile) throws(P2PCopyError) -> FileWriter {
    if let writer, writer.file === file { return writer }
    let opened = try FileWriter(file, in: store, settings)
    writer = opened
    return opened
  }

  private func storeFiles(of pack: PreparedPack) async throws {
    for file in pack.files {
      let arrival = try ledger.arrive(file.end.index)
      try settings.limits.arrive(Int(file.end.byteCount), of: arrival.entry, file.end.index)
      guard file.isIntact else {
        try await doubt(file.end.index, arrival.entry, at: arrival.place, file.end, nil)
        advance(by: Int(file.end.byteCount))
        continue
      }
      do throws(P2PCopyError) {
        let placed = try pack.withContent(of: file) { (content) throws(P2PCopyError) in
          try store.storeFile(
            content, arrival.entry, at: arrival.place, settings.metadata(of: arrival.entry, file.end))
        }
        let delivered = arrival.entry.delivered(
          digest: file.end.digest, byteCount: file.end.byteCount, placed)
        try deliver(file.end.index, placed, delivered, arrival.entry)
      } catch {
        try fail(file.end.index, error)
      }
      advance(by: Int(file.end.byteCount))
    }
    delivery.buffers.recycle(pack.content)
  }

  private func deliver(
    _ index: UInt64, _ placed: PlacedEntry, _ delivered: DeliveredEntry, _ entry: IncomingEntry
  ) throws(P2PCopyError) {
    account.takeRefusal(of: placed, .file)
    settings.limits.settle(index)
    try ledger.deliver(delivered, as: index)
    store.remember(placed, digest: delivered.digest)
    account.show(delivered, of: entry)
  }

  /// A file failed; the session goes on, unless nothing can be written any more.
  private func fail(_ index: UInt64, _ error: P2PCopyError) throws(P2PCopyError) {
    guard error.scope == .entry else { throw error }
    settings.limits.settle(index)
    try ledger.fail(index, error)
  }

  // MARK: Pages

  /// Sends the receipts of the pages that have ended and of which nothing is in doubt any more.
  private func finishPages() async throws {
    while endedPageCount > 0, let page = ledger.takeEndedPage() {
      endedPageCount -= 1
      try await finish(page)
    }
  }

  private func finish(_ page: IncomingPageLedger.EndedPage) async throws {
    settings.limits.settlePage()
    var receipt = PageReceipt(firstIndex: page.firstIndex, treeDigest: [], failures: [])
    for (position, (entry, outcome)) in page.entries.enumerated() {
      do throws(P2PCopyError) {
        try settle(entry, outcome)
      } catch {
        guard error.scope == .entry else { throw error }
        receipt.failures.append(account.fail(entry, page.firstIndex + UInt64(position), error))
      }
    }
    receipt.treeDigest = account.treeDigest
    var record = delivery.buffers.takeRecord()
    receipt.write(to: &record)
    try await delivery.send(consume record)
  }

  /// Makes a link, takes a directory down, and counts what is in place.
  ///
  /// - Throws: ``P2PCopyError``: why the entry is not.
  private func settle(_ entry: IncomingEntry, _ outcome: EntryOutcome) throws(P2PCopyError) {
    switch outcome {
    case .delivered(let delivered, let isUnchanged): account.count(delivered, of: entry, isUnchanged: isUnchanged)
    case .link(let place, let target):
      let placed = try store.storeLink(entry, to: target, at: place)
      account.takeRefusal(of: placed, .symbolicLink)
      account.count(entry.delivered(digest: [], byteCount: 0, placed), of: entry, isUnchanged: false)
    case .directory(let path, let origin):
      let placed = try store.storeDirectory(entry, at: path, origin)
      account.count(entry.delivered(digest: [], byteCount: 0, placed), of: entry, isUnchanged: origin == .found)
    case .failed(let error): throw error
    case .settled: break
    }
  }

  // MARK: The end

  private func finish(_ totals: SessionTotals, _ treeDigest: [UInt8], _ failureCount: UInt64) async throws {
    try account.compare(totals, treeDigest: treeDigest)
    for failure in try store.finish() { account.failLate(failure) }
    try await delivery.send(account.finish(senderFailureCount: failureCount, chains: delivery.chains))
  }
}

/// What the sender was told of how much is stored, and when.
private struct Acknowledgement {
  /// No more often than this is the sender told.
  let interval: Duration

  /// Raw bytes of content of this session that have been written, or dropped because their file failed.
  var byteCount = SaturatingCount<Int64>()

  private var said = SaturatingCount<Int64>()
  private var lastTime = ContinuousClock.now

  init(interval: Duration) {
    self.interval = interval
  }

  /// What to send now; `nil` when there is nothing new or it was said a moment ago.
  mutating func due() -> SessionMessage? {
    guard byteCount > said, .now - lastTime >= interval else { return nil }
    said = byteCount
    lastTime = .now
    return .stored(byteCount: UInt64(clamping: byteCount.value))
  }
}
