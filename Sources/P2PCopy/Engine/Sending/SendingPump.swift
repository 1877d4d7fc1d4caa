import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// The sender's one loop: takes what the walk, the receiver and the workers have, gives the workers something to do, and
/// sends what is ready, in order.
///
/// It digests, reads and compresses nothing itself, so that the receiver is answered whatever the workers are busy with.
/// Used by the session's task alone.
final class SendingPump {
  private let delivery: Delivery
  private let settings: SendSettings
  private let events: BoundedQueue<SenderEvent>
  private let credits: BoundedQueue<Void>
  private let ledger: OutgoingPageLedger
  private let scheduler: UnitScheduler
  private let account: SendingAccount
  private let units: UnitPreparation
  private let files: FilePreparation

  private var isManifestComplete = false
  private var isEndSent = false
  private var isOver = false

  /// What comes by itself of the page whose data are being sent, after its other files.
  private var alone: [(position: Int, reason: OutgoingStream.Reason)] = []
  /// The page whose other files have all been sent.
  private var endingPage: OutgoingPage?
  /// What comes by itself now, and its page.
  private var stream: (content: OutgoingStream, page: OutgoingPage)?
  /// Files that arrived damaged: what is damaged of them comes when no other file is coming.
  private var damages: [OutgoingPage.Damage] = []
  /// Whether a file is coming in chunks, so that no other may.
  private var isFileOpen = false

  /// - Parameters:
  ///   - delivery: The way to the receiver.
  ///   - settings: What was agreed.
  ///   - events: What happens; the pump takes it out.
  ///   - credits: One for each page that was announced; taken back with its receipt.
  ///   - log: Where receipt and checksums are written.
  init(
    delivery: Delivery, settings: SendSettings, events: BoundedQueue<SenderEvent>, credits: BoundedQueue<Void>,
    log: DeliveryLog
  ) {
    self.delivery = delivery
    self.settings = settings
    self.events = events
    self.credits = credits
    ledger = OutgoingPageLedger(
      OutgoingPage.Terms(
        digests: settings.digests, resumes: settings.resumes, acceptsTimes: settings.acceptsTimes))
    // One thread is left for those who send and listen.
    scheduler = UnitScheduler(ledger, settings, digestLimit: max(1, Transfer.threadCount - 1))
    account = SendingAccount(settings.monitor, settings.failures, log)
    units = UnitPreparation(settings)
    files = FilePreparation(settings)
  }

  /// Runs until the receipt.
  ///
  /// - Throws: ``P2PCopyError`` when the session cannot go on.
  func run() async throws {
    try await withThrowingDiscardingTaskGroup { workers in
      while !isOver {
        // Answers, receipts and new pages: nothing is to wait for the data of a page.
        while let event = try events.nextIfAny() { try await handle(event, &workers) }
        while let work = scheduler.nextWork() { begin(work, &workers) }
        try sendDamaged(&workers)
        if endingPage == nil, stream == nil, let (step, page) = scheduler.nextStep() {
          try await take(step, page, &workers)
          continue
        }
        try await sayEndIfComplete()
        guard !isOver, let event = try await events.next() else { return }
        try await handle(event, &workers)
      }
    }
  }

  // MARK: Workers

  private func begin(_ work: UnitScheduler.Work, _ workers: inout ThrowingDiscardingTaskGroup<any Error>) {
    let units = units
    let files = files
    run(&workers) {
      switch work {
      case .digest(let positions, let page):
        return .digested(try await files.digest(positions, of: page), firstIndex: page.firstIndex)
      case .open(let position, let page, let prefix):
        return .opened(
          try await files.open(position, of: page, prefix), position: position, firstIndex: page.firstIndex)
      case .prepare(let unit, let number): return .prepared(try await units.prepare(unit), number: number)
      }
    }
  }

  private func readOn(_ stream: OutgoingStream, _ workers: inout ThrowingDiscardingTaskGroup<any Error>) {
    run(&workers) { .piece(try await stream.next()) }
  }

  private func run(
    _ workers: inout ThrowingDiscardingTaskGroup<any Error>, _ body: @escaping @Sendable () async throws -> SenderEvent
  ) {
    let events = events
    workers.addTask {
      do {
        try await events.put(try await body())
      } catch {
        events.fail(error)
      }
    }
  }

  // MARK: Events

  private func handle(
    _ event: SenderEvent, _ workers: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    switch event {
    case .page(let page, let record):
      ledger.announce(page)
      try await delivery.send(record.take())
    case .pagesEnded(let totals, let failureCount):
      isManifestComplete = true
      settings.monitor.announcementsEnded()
      try await delivery.send(.manifestEnd(totals, failureCount: failureCount))
    case .answer(let answer):
      let answer = try ledger.take(answer)
      report(answer)
      if !answer.asked.isEmpty { scheduler.digest(answer.asked, of: answer.page) }
    case .verdict(let verdict): report(try ledger.takeVerdict(verdict))
    case .chunkDigests(let list):
      if let damage = try ledger.take(list) { damages.append(damage) }
    case .pageReceipt(let receipt):
      try account.take(ledger.take(receipt), treeDigest: receipt.treeDigest)
      _ = try credits.nextIfAny()
    case .receipt(let receipt):
      guard isEndSent else {
        throw P2PCopyError(.protocolViolation, "the receiver sent its receipt before the end")
      }
      try account.finish(receipt, chains: delivery.chains)
      isOver = true
    case .digested(let results, let firstIndex): try await take(results, firstIndex)
    case .opened(let opened, let position, let firstIndex): scheduler.opened(position, of: firstIndex, opened)
    case .prepared(let unit, let number): scheduler.prepared(unit, number: number)
    case .piece(let piece): try await take(piece, &workers)
    }
  }

  private func report(_ answer: OutgoingPage.Answer) {
    for position in answer.skipped { settings.monitor.skipExisting(answer.page.entries[position].path) }
    for (position, message) in answer.refused {
      let entry = answer.page.entries[position]
      account.failAtReceiver(
        entry, P2PCopyError(.peerFailed, "the receiver did not take '\(entry.path)': \(message)", scope: .entry))
    }
  }

  private func take(
    _ results: [(position: Int, result: Result<DeliveredEntry, P2PCopyError>)], _ firstIndex: UInt64
  ) async throws {
    scheduler.digested()
    guard let page = ledger.page(at: firstIndex) else { return }
    for (position, result) in results {
      var digested: DeliveredEntry?
      switch result {
      case .success(let entry): digested = entry
      case .failure(let error): try await fail(position, of: page, error)
      }
      guard let checks = page.digested(digested, position) else { continue }
      var record = delivery.buffers.takeRecord()
      checks.write(to: &record)
      try await delivery.send(consume record)
    }
  }

  /// An entry failed at this side: the receiver is told, the rest goes on.
  private func fail(_ position: Int, of page: OutgoingPage, _ error: P2PCopyError) async throws {
    page.settle(position)
    let failure = EntryFailure(path: EntryPath(page.entries[position].path), error: error)
    let notice = settings.failures.notice(of: failure, index: page.content.index(of: position))
    var record = delivery.buffers.takeRecord()
    record.writeInteger(RecordKind.fileFailed.rawValue)
    notice.write(to: &record)
    try await delivery.send(consume record)
  }

  // MARK: Data

  private func take(
    _ step: UnitScheduler.Step, _ page: OutgoingPage,
    _ workers: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    switch step {
    case .unit(.pack(let record, let results)): try await send(record, results, of: page)
    case .unit(.chunk(let record, let chunk)): try await send(record, chunk, of: page)
    case .failure(let position, let error): try await fail(position, of: page, error)
    case .comesAlone(let position): alone.append((position, .size))
    case .pageEnd:
      endingPage = page
      try await endPage(&workers)
    }
  }

  private func send(
    _ record: OutgoingMessage?, _ results: [(position: Int, outcome: PreparedUnit.PackOutcome)],
    of page: OutgoingPage
  ) async throws {
    if let record {
      let units = units
      let content = page.content
      try await delivery.send(record.take()) { try units.packs.prepareAgain(results, of: content) }
    }
    for (position, outcome) in results {
      switch outcome {
      case .packed(let entry):
        page.deliver(entry, position)
        settings.monitor.send(byteCount: entry.byteCount)
      case .comesAlone: alone.append((position, .size))
      case .failed(let error): try await fail(position, of: page, error)
      }
    }
  }

  private func send(_ record: OutgoingMessage?, _ chunk: Unit.Chunk, of page: OutgoingPage) async throws {
    let file = chunk.file
    if chunk.number == 0 {
      settings.monitor.beginFile(
        file.entry.path, byteCount: file.content.byteCount, resumedByteCount: file.startOffset)
    }
    if let record {
      // The file may have failed at an earlier chunk, and be reported, while this one was read ahead.
      guard !file.isReported else {
        delivery.buffers.recycle(record.take())
        return
      }
      let units = units
      try await delivery.send(record.take()) { try await units.prepareAgain(chunk) }
      isFileOpen = true
      file.noteSent(byteCount: chunk.byteCount)
      settings.monitor.send(byteCount: chunk.byteCount)
      if chunk.present != nil { settings.monitor.missPresent(byteCount: Int64(chunk.byteCount)) }
    }
    guard chunk.isLast || file.error != nil, file.reportOnce() else { return }
    isFileOpen = false
    guard let digest = file.digest else {
      let error = file.error ?? P2PCopyError(.internalError, "'\(file.entry.path)' ended without a digest")
      guard error.isSourceChange else { return try await fail(file.position, of: page, error) }
      return try await sendAgain(file.position, of: page, present: file.startOffset, sent: file.sentByteCount)
    }
    let metadata = file.content.metadata
    let byteCount = file.content.byteCount
    try await send(
      FileEnd(
        index: file.index, byteCount: byteCount, metadata: settings.keepsMetadata ? metadata : nil, digest: digest))
    page.deliver(file.entry.delivered(digest: digest, byteCount: byteCount, metadata: metadata), file.position)
  }

  /// A file changed while it was sent: it comes once more, by itself, after the page's others.
  ///
  /// - Parameters:
  ///   - position: The file's position.
  ///   - page: The page whose data are being sent.
  ///   - present: How much of it was there before, which is void as well.
  ///   - sentByteCount: How much was handed over of it; `nil` when the receiver does not know of its coming.
  /// - Throws: ``P2PCopyError`` when the other side cannot be reached any more.
  private func sendAgain(
    _ position: Int, of page: OutgoingPage, present: Int64, sent sentByteCount: Int64?
  ) async throws {
    let path = page.entries[position].path
    settings.monitor.repeatFile(
      EntryPath(path), byteCount: present + (sentByteCount ?? 0),
      because: "'\(path)' changed while it was being sent, and is sent once more")
    alone.append((position, .change))
    guard sentByteCount != nil else { return }
    var record = delivery.buffers.takeRecord()
    FileAgain(index: page.content.index(of: position)).writeRecord(to: &record)
    try await delivery.send(consume record)
  }

  private func send(_ end: FileEnd) async throws {
    var record = delivery.buffers.takeRecord()
    end.writeRecord(to: &record)
    try await delivery.send(consume record)
  }

  /// Goes on with what comes by itself, or says that the page is over.
  private func endPage(_ workers: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
    guard let page = endingPage, stream == nil else { return }
    guard alone.isEmpty else {
      let (position, reason) = alone.removeFirst()
      let next = try OutgoingStream(position, of: page.content, reason, settings)
      settings.monitor.beginFile(page.entries[next.position].path, byteCount: nil)
      stream = (next, page)
      readOn(next, &workers)
      return
    }
    endingPage = nil
    page.finish(sentByteCount: settings.monitor.sentByteCount)
    var record = delivery.buffers.takeRecord()
    record.writeInteger(RecordKind.pageEnd.rawValue)
    record.writeInteger(page.firstIndex)
    try await delivery.send(consume record)
  }

  private func take(
    _ piece: OutgoingStream.Piece, _ workers: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    guard let (stream, page) = stream else { return }
    switch piece {
    case .data(let record, let byteCount):
      // What comes next is read while this is being sent.
      readOn(stream, &workers)
      try await delivery.send(record.take())
      settings.monitor.send(byteCount: byteCount)
      if stream.damage != nil { settings.monitor.missPresent(byteCount: Int64(byteCount)) }
      return
    case .end(let end, let entry):
      try await send(end)
      page.deliver(entry, stream.position)
    case .failed(let error) where error.isSourceChange && stream.mayComeAgain:
      try await sendAgain(stream.position, of: page, present: 0, sent: stream.sentByteCount)
    case .failed(let error): try await fail(stream.position, of: page, error)
    }
    if stream.damage != nil { page.repair(sentByteCount: settings.monitor.sentByteCount) }
    self.stream = nil
    try await endPage(&workers)
  }

  /// Begins with the next file that arrived damaged, if none is coming.
  private func sendDamaged(_ workers: inout ThrowingDiscardingTaskGroup<any Error>) throws(P2PCopyError) {
    guard stream == nil, endingPage == nil, !isFileOpen, !damages.isEmpty else { return }
    let damage = damages.removeFirst()
    let path = damage.page.entries[damage.position].path
    settings.monitor.repeatFile(
      EntryPath(path), byteCount: damage.entry.byteCount,
      because: "'\(path)' did not arrive as it was read; what is damaged of it is sent once more")
    settings.monitor.beginFile(path, byteCount: damage.entry.byteCount, resumedByteCount: damage.entry.byteCount)
    let next = try OutgoingStream(damage.position, of: damage.page.content, .damage(damage.arrived), settings)
    stream = (next, damage.page)
    readOn(next, &workers)
  }

  // MARK: The end

  /// Says that everything is sent once it is, and all receipts are there.
  private func sayEndIfComplete() async throws {
    guard isManifestComplete, ledger.isEmpty, !isEndSent else { return }
    isEndSent = true
    try await delivery.send(account.end)
  }
}
