import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// What the answering task does next.
enum PageQuestion: Sendable {
  /// Says what is wanted of a page.
  case page(IncomingPageLedger.AnnouncedPage)
  /// Compares the sender's digests with what is there.
  case checks(PageChecks)
}

/// Tells the sender what is wanted of each page, and compares the digests of what is there already.
///
/// Used by the answering task alone.
final class PageAnswering {
  private let delivery: Delivery
  private let settings: ReceiveSettings
  private let ledger: IncomingPageLedger
  private let decisions: any EntryDeciding
  private let partials: BoundedQueue<PartialQuestion>
  /// The pages of which digests were asked for, oldest first.
  private var checkedPages: [IncomingPageLedger.AnnouncedPage] = []

  init(
    delivery: Delivery, settings: ReceiveSettings, ledger: IncomingPageLedger, decisions: any EntryDeciding,
    partials: BoundedQueue<PartialQuestion>
  ) {
    self.partials = partials
    self.delivery = delivery
    self.settings = settings
    self.ledger = ledger
    self.decisions = decisions
  }

  /// Answers until there are no more questions.
  func run(_ questions: BoundedQueue<PageQuestion>) async throws {
    while let question = try await questions.next() {
      switch question {
      case .page(let page): try await answer(page)
      case .checks(let checks): try await compare(checks)
      }
    }
  }

  private func answer(_ page: IncomingPageLedger.AnnouncedPage) async throws {
    var answer = PageAnswer(firstIndex: page.firstIndex)
    var continued: [PartialQuestion] = []
    for (position, entry) in page.entries.enumerated() {
      let decision = try decision(about: entry) { (path) throws(P2PCopyError) in try decisions.decide(entry, path) }
      try take(decision, about: entry, position, into: &answer)
      if case .rest(let place, let content) = decision {
        continued.append(
          PartialQuestion(
            reason: .isContinued, index: page.firstIndex + UInt64(position), place: place, content: content,
            byteCount: content.byteCount))
      }
    }
    try checkRoom()
    if answer.dispositions.contains(where: { $0.disposition == .check }) { checkedPages.append(page) }
    try await send(answer, as: .answer)
    // Only then: what is missing of these files flows while they are read.
    for question in continued { try await partials.put(question) }
  }

  private func compare(_ checks: PageChecks) async throws {
    guard let index = checkedPages.firstIndex(where: { $0.firstIndex == checks.firstIndex }) else {
      throw P2PCopyError(.protocolViolation, "the sender sent digests that were not asked for")
    }
    let page = checkedPages.remove(at: index)
    var verdict = PageAnswer(firstIndex: page.firstIndex)
    for check in checks.checks {
      guard check.position < page.entries.count else {
        throw P2PCopyError(.protocolViolation, "the sender sent a digest that was not asked for")
      }
      guard try ledger.takeDigest(of: page.firstIndex + UInt64(check.position)) else { continue }
      let entry = page.entries[check.position]
      let decision = try decision(about: entry) { (path) throws(P2PCopyError) in
        try decisions.decide(entry, path, comparing: check.digest)
      }
      try take(decision, about: entry, check.position, into: &verdict)
    }
    try ledger.checkNoDigestIsMissing(inPageFrom: page.firstIndex)
    try checkRoom()
    try await send(verdict, as: .verdict)
  }

  /// What is decided; a reason not to take the entry is a decision as well.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/cancelled``: the session is over.
  private func decision(
    about entry: IncomingEntry, _ body: (RelativePath) throws(P2PCopyError) -> EntryDecision
  ) throws(P2PCopyError) -> EntryDecision {
    guard let path = entry.path else {
      return .refused(
        entry.refusal ?? P2PCopyError(.internalError, "a name was refused without a reason", scope: .entry))
    }
    do throws(P2PCopyError) {
      return try body(path)
    } catch {
      guard error.scope == .entry else { throw error }
      return .refused(error)
    }
  }

  /// Takes a decision into the ledger and the answer, and tells of what is left out.
  private func take(
    _ decision: EntryDecision, about entry: IncomingEntry, _ position: Int, into answer: inout PageAnswer
  ) throws(P2PCopyError) {
    let index = answer.firstIndex + UInt64(position)
    try ledger.decide(decision, about: index)
    expect(decision, entry, index)
    if let disposition = disposition(decision, entry) { answer.dispositions.append((position, disposition)) }
  }

  /// Takes down what is to come of a file.
  private func expect(_ decision: EntryDecision, _ entry: IncomingEntry, _ index: UInt64) {
    guard case .file(let byteCount) = entry.kind else { return }
    let (place, rest): (PlannedPlace, Int64)
    switch decision {
    case .whole(let planned): (place, rest) = (planned, byteCount)
    case .rest(let planned, let content): (place, rest) = (planned, byteCount - content.byteCount)
    case .check, .made, .unchanged, .completeByTimes, .skipped, .refused: return
    }
    settings.limits.expect(
      rest, of: index, takingRoom: decisions.roomTaken(by: rest, at: place, continuing: rest < byteCount))
  }

  /// Makes sure that what is known of what is to come may come, and fits.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/limitExceeded`` or
  ///   ``P2PCopyError/Code/destinationUnwritable``.
  private func checkRoom() throws(P2PCopyError) {
    // First: what is written from here on is missed by neither.
    let room = decisions.room
    try settings.limits.check(room: room)
  }

  /// What to tell the sender; `nil` when it is to send all there is.
  private func disposition(_ decision: EntryDecision, _ entry: IncomingEntry) -> EntryDisposition? {
    switch decision {
    case .whole, .made: return nil
    case .rest(_, let content): return .continues(at: content.byteCount)
    case .check: return .check
    case .unchanged: return .unchanged
    case .completeByTimes: return .completeByTimes
    case .skipped:
      if let path = entry.path { settings.monitor.skipExisting(path) }
      return .skipped
    case .refused(let error):
      return settings.failures.refusal(of: EntryFailure(path: EntryPath(entry.rawPath), error: error))
    }
  }

  private func send(_ answer: PageAnswer, as kind: RecordKind) async throws {
    var record = delivery.buffers.takeRecord()
    answer.write(as: kind, to: &record)
    try await delivery.send(consume record)
  }
}
