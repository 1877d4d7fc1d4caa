package import P2PCopyCore
package import P2PCopyTransfer
package import P2PCopyWire
import Synchronization

/// The pages between their coming and their receipt, with the state of each of their entries.
///
/// All tasks of a receiver work through it: reading announces pages and ends them, answering decides about entries,
/// storing delivers them. Every step that the sender takes out of turn throws ``P2PCopyCore/P2PCopyError`` with code
/// ``P2PCopyCore/P2PCopyError/Code/protocolViolation``.
package final class IncomingPageLedger: Sendable {
  /// A page to be answered.
  package struct AnnouncedPage: Sendable {
    package var firstIndex: UInt64
    package var entries: [IncomingEntry]
  }

  /// A page that has ended.
  package struct EndedPage: Sendable {
    package var firstIndex: UInt64
    /// What becomes of its entries, in order.
    package var entries: [(entry: IncomingEntry, outcome: EntryOutcome)]
  }

  private struct Page {
    let firstIndex: UInt64
    var states: [EntryState]
    /// Whether the sender has said that it sent everything.
    var isEnded = false

    func position(of index: UInt64) -> Int? {
      ManifestPage.position(of: index, inPageFrom: firstIndex, count: states.count)
    }
  }

  private struct State {
    var pages: [Page] = []
    var nextIndex: UInt64 = 0

    /// Changes the state of an entry of an open page.
    mutating func change<Result>(
      _ index: UInt64, mayBeEnded: Bool = false, _ step: (inout EntryState) throws(P2PCopyError) -> Result
    ) throws(P2PCopyError) -> Result {
      for page in pages.indices {
        guard let position = pages[page].position(of: index) else { continue }
        guard mayBeEnded || !pages[page].isEnded || pages[page].states[position].isInDoubt else { break }
        return try step(&pages[page].states[position])
      }
      throw P2PCopyError(.protocolViolation, "the sender sent data of an entry that is in none of the open pages")
    }
  }

  private let state = Mutex(State())

  /// A ledger without pages.
  package init() {}

  // MARK: Reading

  /// Takes a page.
  ///
  /// - Returns: Its entries, after their names were looked at.
  /// - Throws: ``P2PCopyError``: it does not follow the page before, or the sender does not wait for receipts, which would
  ///   fill the memory.
  package func announce(_ page: ManifestPage) throws(P2PCopyError) -> AnnouncedPage {
    let entries = page.entries.map(IncomingEntry.init)
    try state.withLock { (state) throws(P2PCopyError) in
      guard page.firstIndex == state.nextIndex else {
        throw P2PCopyError(.protocolViolation, "the sender's pages are out of order")
      }
      guard state.pages.count < ManifestPage.window else {
        throw P2PCopyError(
          .protocolViolation,
          "the sender sent more than \(ManifestPage.window) pages without waiting for their receipts")
      }
      let (nextIndex, overflows) = state.nextIndex.addingReportingOverflow(UInt64(entries.count))
      guard !overflows else { throw P2PCopyError(.protocolViolation, "the sender's pages are out of order") }
      state.nextIndex = nextIndex
      state.pages.append(Page(firstIndex: page.firstIndex, states: entries.map(EntryState.init)))
    }
    return AnnouncedPage(firstIndex: page.firstIndex, entries: entries)
  }

  /// The first data of a file that comes in chunks is here, see ``EntryState/begin()``.
  package func begin(_ index: UInt64) throws(P2PCopyError) -> EntryState.Arrival {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index) { (entry) throws(P2PCopyError) in try entry.begin() }
    }
  }

  /// The last data of such a file is here, see ``EntryState/end()``.
  package func end(_ index: UInt64) throws(P2PCopyError) {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index) { (entry) throws(P2PCopyError) in try entry.end() }
    }
  }

  /// What came of such a file is void, see ``EntryState/beginAgain()``.
  package func beginAgain(_ index: UInt64) throws(P2PCopyError) {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index) { (entry) throws(P2PCopyError) in try entry.beginAgain() }
    }
  }

  /// The sender cannot send an entry, see ``EntryState/withdraw()``.
  ///
  /// - Returns: What it had announced.
  package func withdraw(_ index: UInt64) throws(P2PCopyError) -> IncomingEntry {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index) { (entry) throws(P2PCopyError) in
        try entry.withdraw()
        return entry.entry
      }
    }
  }

  /// The sender has sent everything of a page. From here on no data of it is taken.
  ///
  /// - Throws: ``P2PCopyError``: it is not the oldest page that is open, or the sender did not wait until it was told what is
  ///   wanted: what it announced may be something that is about to be refused.
  package func end(pageFrom firstIndex: UInt64) throws(P2PCopyError) {
    try state.withLock { (state) throws(P2PCopyError) in
      guard let page = state.pages.firstIndex(where: { !$0.isEnded }), state.pages[page].firstIndex == firstIndex else {
        throw P2PCopyError(.protocolViolation, "the sender ended a page out of turn")
      }
      guard state.pages[page].states.allSatisfy(\.isDecided) else {
        throw P2PCopyError(.protocolViolation, "the sender ended a page before it was told what is wanted of it")
      }
      state.pages[page].isEnded = true
    }
  }

  /// The sender says that it has sent everything.
  ///
  /// - Throws: ``P2PCopyError``: a page is open.
  package func endAll() throws(P2PCopyError) {
    let isOver = state.withLock { state in
      state.pages.allSatisfy { $0.isEnded && !$0.states.contains(where: \.isInDoubt) }
    }
    guard isOver else {
      throw P2PCopyError(.protocolViolation, "the sender ended before everything it announced was sent")
    }
  }

  // MARK: Answering

  /// Takes what was decided about an entry, see ``EntryState/decide(_:)``.
  package func decide(_ decision: EntryDecision, about index: UInt64) throws(P2PCopyError) {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index) { (entry) throws(P2PCopyError) in try entry.decide(decision) }
    }
  }

  /// The sender's digest of an entry is here, see ``EntryState/takeDigest()``.
  package func takeDigest(of index: UInt64) throws(P2PCopyError) -> Bool {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index) { (entry) throws(P2PCopyError) in try entry.takeDigest() }
    }
  }

  /// Makes sure that all digests that were asked for have come.
  package func checkNoDigestIsMissing(inPageFrom firstIndex: UInt64) throws(P2PCopyError) {
    let isMissing = state.withLock { state in
      state.pages.contains { $0.firstIndex == firstIndex && $0.states.contains(where: \.awaitsDigest) }
    }
    if isMissing {
      throw P2PCopyError(.protocolViolation, "the sender left out a digest that it was asked for")
    }
  }

  // MARK: Storing

  /// A whole file has come in a pack, see ``EntryState/arrive()``.
  package func arrive(_ index: UInt64) throws(P2PCopyError) -> EntryState.Arrival {
    try state.withLock { (state) throws(P2PCopyError) in
      // The page's end may be here already, behind the pack: it waits its turn to be stored.
      try state.change(index, mayBeEnded: true) { (entry) throws(P2PCopyError) in try entry.arrive() }
    }
  }

  /// A file is in place, see ``EntryState/deliver(_:)``.
  package func deliver(_ delivered: DeliveredEntry, as index: UInt64) throws(P2PCopyError) {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index, mayBeEnded: true) { (entry) throws(P2PCopyError) in try entry.deliver(delivered) }
    }
  }

  /// A file came and could not be stored, see ``EntryState/fail(_:)``.
  package func fail(_ index: UInt64, _ error: P2PCopyError) throws(P2PCopyError) {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index, mayBeEnded: true) { (entry) throws(P2PCopyError) in try entry.fail(error) }
    }
  }

  /// A file came and is not what the sender read, see ``EntryState/doubt(_:_:)``.
  package func doubt(
    _ index: UInt64, _ place: PlannedPlace, _ content: PartialContent?
  ) throws(P2PCopyError) -> Bool {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.change(index, mayBeEnded: true) { (entry) throws(P2PCopyError) in try entry.doubt(place, content) }
    }
  }

  /// Takes the oldest page out, which has ended and of which everything is stored: another may come.
  ///
  /// - Returns: The page; `nil` when it has not ended, or a file of it arrived damaged and is to come once more.
  package func takeEndedPage() -> EndedPage? {
    let page = state.withLock { state -> Page? in
      guard let page = state.pages.first, page.isEnded, !page.states.contains(where: \.isInDoubt) else { return nil }
      return state.pages.removeFirst()
    }
    guard let page else { return nil }
    return EndedPage(firstIndex: page.firstIndex, entries: page.states.map { ($0.entry, $0.outcome) })
  }
}
