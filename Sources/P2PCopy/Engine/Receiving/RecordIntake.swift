import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// Reads the sender's records, checks their form, and hands them to the tasks that answer and store.
///
/// Used by the receiving task alone.
final class RecordIntake {
  private let lane: Lane
  private let settings: ReceiveSettings
  private let answers: BoundedQueue<AnswerItem>
  private let store: BoundedQueue<StoreItem>
  private let window: PageWindow
  private var nextIndex: UInt64 = 0
  private let decompression: (any DecompressionContext)?

  init(
    lane: Lane, settings: ReceiveSettings, answers: BoundedQueue<AnswerItem>,
    store: BoundedQueue<StoreItem>, window: PageWindow
  ) throws(P2PCopyError) {
    self.lane = lane
    self.settings = settings
    self.answers = answers
    self.store = store
    self.window = window
    decompression = try settings.compressor?.makeDecompressionContext()
  }

  /// Reads until the sender says that it sent everything.
  func run() async throws {
    while try await take(lane.receive()) {
      try Task.checkCancellation()
    }
    answers.finish()
  }

  private func take(_ received: consuming ByteBuffer) async throws -> Bool {
    var body = received
    guard let kind = body.getInteger(at: body.readerIndex, as: UInt8.self).flatMap(RecordKind.init) else {
      throw P2PCopyError(.protocolViolation, "the sender sent a record of an unknown kind")
    }
    switch kind {
    case .control: return try await takeControl(body)
    case .page: try await takePage(body)
    case .chunk, .pack:
      let header = try BulkHeader(readingFrom: &body, limit: settings.chunkByteCount)
      // Counted by what it occupies, so that compressed ones do not pile up either.
      let cost = max(body.readableBytes, header.rawByteCount)
      try await store.put(kind == .chunk ? .chunk(header, body) : .pack(header, body), cost: cost)
    case .checks:
      body.moveReaderIndex(forwardBy: 1)
      try await answers.put(.checks(PageChecks(readingFrom: &body)))
    case .fileEnd:
      body.moveReaderIndex(forwardBy: 1)
      try await store.put(.fileEnd(FileEnd(readingFrom: &body)), cost: 256)
    case .fileFailed:
      body.moveReaderIndex(forwardBy: 1)
      try await store.put(.fileFailed(EntryFailureNotice(readingFrom: &body)), cost: 1024)
    case .pageEnd:
      body.moveReaderIndex(forwardBy: 1)
      guard let firstIndex = body.readInteger(as: UInt64.self) else {
        throw P2PCopyError(.protocolViolation, "the sender sent a page's end that is malformed")
      }
      try await store.put(.pageEnd(firstIndex: firstIndex), cost: 256)
    case .answer, .verdict, .pageReceipt:
      throw P2PCopyError(.protocolViolation, "the sender sent a record that only a receiver sends")
    }
    return true
  }

  private func takeControl(_ body: ByteBuffer) async throws -> Bool {
    switch try SessionMessage(decoding: body.readableBytesView.dropFirst()) {
    case .manifestEnd: settings.monitor.announcementsEnded()
    case .end(let totals, let treeDigest, let failureCount):
      try await store.put(.end(totals, treeDigest: treeDigest, failureCount: failureCount), cost: 256)
      store.finish()
      return false
    case .error(let code, let message): throw P2PCopyError(reportedBy: .sender, code, message)
    case .working, .unknown: break
    case let other:
      throw P2PCopyError(.protocolViolation, "the sender sent a \(other.typeName) message out of turn")
    }
    return true
  }

  private func takePage(_ record: ByteBuffer) async throws {
    var body = record
    let header = try BulkHeader(readingFrom: &body, limit: ManifestPage.maximumByteCount)
    guard header.index == nextIndex else {
      throw P2PCopyError(.protocolViolation, "the sender's pages are out of order")
    }
    try window.open()
    var raw = header.isCompressed ? try decompressed(body, header) : body
    let page = try ManifestPage(firstIndex: header.index, readingFrom: &raw)
    nextIndex += UInt64(page.entries.count)
    let incoming = IncomingPage(firstIndex: page.firstIndex, entries: page.entries.map(IncomingEntry.init))
    let fileByteCounts = page.entries.compactMap { entry -> Int64?? in
      switch entry.kind {
      case .file(let byteCount): byteCount
      case .stream: .some(nil)
      case .directory, .symbolicLink: nil
      }
    }
    settings.monitor.announce(fileByteCounts)
    lane.buffers.recycle(record)
    try await store.put(.page(incoming), cost: 1024)
    try await answers.put(.page(incoming))
  }

  private func decompressed(_ body: ByteBuffer, _ header: BulkHeader) throws(P2PCopyError) -> ByteBuffer {
    guard let decompression else { throw .notAgreed }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: header.rawByteCount, alignment: 16)
    defer { memory.deallocate() }
    try body.decompress(with: decompression, into: memory)
    return ByteBuffer(bytes: memory)
  }
}
