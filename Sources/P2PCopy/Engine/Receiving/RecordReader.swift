import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// Reads the sender's records, checks their form and order, and hands them on: questions to the task that answers, content
/// to workers that make it ready and, in order, to the task that stores.
///
/// Used by the reading task alone.
final class RecordReader {
  private let delivery: Delivery
  private let settings: ReceiveSettings
  private let ledger: IncomingPageLedger
  private let questions: BoundedQueue<PageQuestion>
  private let items: BoundedQueue<StoreItem>
  private let preparation: ContentPreparation
  private var sequence: ChunkSequence

  init(
    delivery: Delivery, settings: ReceiveSettings, ledger: IncomingPageLedger, questions: BoundedQueue<PageQuestion>,
    items: BoundedQueue<StoreItem>
  ) {
    self.delivery = delivery
    self.settings = settings
    self.ledger = ledger
    self.questions = questions
    self.items = items
    preparation = ContentPreparation(
      buffers: delivery.buffers, digests: settings.digests, decompression: settings.decompression)
    sequence = ChunkSequence(ledger: ledger, digests: settings.digests)
  }

  /// Reads until the sender says that it sent everything.
  func run() async throws {
    // So many workers as there are units that wait to be stored, which the queue bounds by what they occupy.
    try await withThrowingDiscardingTaskGroup { workers in
      while try await take(delivery.receive(), &workers) {
        try Task.checkCancellation()
      }
      questions.finish()
    }
  }

  private func take(
    _ received: consuming ByteBuffer, _ workers: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws -> Bool {
    var body = received
    guard let kind = body.getInteger(at: body.readerIndex, as: UInt8.self).flatMap(RecordKind.init) else {
      throw P2PCopyError(.protocolViolation, "the sender sent a record of an unknown kind")
    }
    switch kind {
    case .control: return try await takeControl(body)
    case .page: try await takePage(body)
    case .chunk: try await takeChunk(body, &workers)
    case .pack: try await takePack(body, &workers)
    case .checks:
      body.moveReaderIndex(forwardBy: 1)
      try await questions.put(.checks(PageChecks(readingFrom: &body)))
    case .fileEnd:
      body.moveReaderIndex(forwardBy: 1)
      let end = try FileEnd(readingFrom: &body)
      try await items.put(.fileEnd(sequence.take(end), end), cost: 256)
    case .fileAgain:
      body.moveReaderIndex(forwardBy: 1)
      let (file, byteCount) = try sequence.take(FileAgain(readingFrom: &body))
      try await items.put(.again(file, byteCount: byteCount), cost: 256)
    case .fileFailed:
      body.moveReaderIndex(forwardBy: 1)
      let notice = try EntryFailureNotice(readingFrom: &body)
      try await items.put(.withdrawn(sequence.withdraw(notice.index), notice), cost: 1024)
    case .pageEnd:
      body.moveReaderIndex(forwardBy: 1)
      guard let firstIndex = body.readInteger(as: UInt64.self) else { throw P2PCopyError.malformed("a page's end") }
      try sequence.checkNothingIsOpen(before: "a page's end")
      try ledger.end(pageFrom: firstIndex)
      try await items.put(.pageEnd, cost: 256)
    case .answer, .verdict, .pageReceipt, .received, .lanes, .laneLost, .chunkDigests:
      throw P2PCopyError(.protocolViolation, "the sender sent a record that only a receiver sends")
    }
    return true
  }

  private func takeControl(_ body: ByteBuffer) async throws -> Bool {
    switch try SessionMessage(decoding: body.readableBytesView.dropFirst()) {
    case .manifestEnd: settings.monitor.announcementsEnded()
    case .end(let totals, let treeDigest, let failureCount):
      try sequence.checkNothingIsOpen(before: "its end")
      try ledger.endAll()
      try await items.put(.end(totals, treeDigest: treeDigest, failureCount: failureCount), cost: 256)
      items.finish()
      return false
    case .error(let code, let message): try delivery.heard(P2PCopyError(reportedBy: .sender, code, message))
    case .working, .unknown: break
    case let other:
      throw P2PCopyError(.protocolViolation, "the sender sent a \(other.typeName) message out of turn")
    }
    return true
  }

  // MARK: Content

  private func takeChunk(
    _ record: ByteBuffer, _ workers: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    var body = record
    let header = try BulkHeader(readingFrom: &body, limit: settings.chunkByteCount)
    let (file, number) = try sequence.take(header)
    let cost = cost(of: header, body)
    let unit = IncomingUnit<ByteBuffer>(body)
    try await items.put(.chunk(file, offset: Int64(header.offset), unit), cost: cost)
    let preparation = preparation
    workers.addTask { await preparation.prepare(unit, header, of: file, number: number) }
  }

  private func takePack(
    _ record: ByteBuffer, _ workers: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    var body = record
    let header = try BulkHeader(readingFrom: &body, limit: settings.chunkByteCount)
    try sequence.checkNothingIsOpen(before: "a pack")
    let cost = cost(of: header, body)
    let unit = IncomingUnit<PreparedPack>(body)
    try await items.put(.pack(unit), cost: cost)
    let preparation = preparation
    workers.addTask { preparation.prepare(unit, header) }
  }

  /// What a unit occupies at most: while it is decompressed it is there in both forms.
  private func cost(of header: BulkHeader, _ body: ByteBuffer) -> Int {
    header.isCompressed ? body.readableBytes + header.rawByteCount : body.readableBytes
  }

  private func takePage(_ record: ByteBuffer) async throws {
    var body = record
    let header = try BulkHeader(readingFrom: &body, limit: ManifestPage.maximumByteCount)
    var raw = try preparation.rawContent(body, header)
    let page = try ManifestPage(firstIndex: header.index, readingFrom: &raw)
    delivery.buffers.recycle(raw)
    let announced = try ledger.announce(page)
    try settings.limits.announce(from: page.firstIndex, entryCount: page.entries.count)
    settings.monitor.announce(
      page.entries.compactMap { entry -> Int64?? in
        switch entry.kind {
        case .file(let byteCount): byteCount
        case .stream: .some(nil)
        case .directory, .symbolicLink: nil
        }
      })
    try await questions.put(.page(announced))
  }
}
