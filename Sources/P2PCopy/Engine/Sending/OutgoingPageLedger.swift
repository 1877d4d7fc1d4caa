import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// The sender's account of the pages between their announcement and their receipts, and of what becomes of each entry.
///
/// Every change of an entry's state goes through here; one that the receiver must not bring about ends the session. Used
/// by the pump alone.
final class OutgoingPageLedger {
  /// What becomes of an entry.
  fileprivate enum EntryState {
    /// The receiver has not said what it wants of it, or wants all of it.
    case awaited(prefix: FilePrefix?)
    /// The receiver asks for its digest; present once that is known.
    case asked(DeliveredEntry?)
    /// In place at the receiver, as far as this side knows.
    case delivered(DeliveredEntry, isUnchanged: Bool)
    /// Not delivered: left alone on purpose, or failed.
    case settled
  }

  /// How far a page is.
  fileprivate enum Stage {
    /// Announced; the receiver has not answered.
    case announced
    /// Digests are being made, so many are missing.
    case digesting(missing: Int)
    /// The receiver has been sent digests to compare.
    case comparing
    /// Its data can be sent.
    case ready
    /// Its data are being sent.
    case sending
    /// Everything is sent; so many bytes of content the session had sent by then.
    case sent(byteCount: Int64)
  }

  /// One page.
  final class Page {
    let content: SourcePages.Page
    fileprivate var stage = Stage.announced
    fileprivate var states: [EntryState]
    fileprivate var asked: [Int] = []
    /// What the receiver says it has of files, by position.
    fileprivate var prefixes: [Int: FilePrefix] = [:]
    /// What the receiver says it has of files that arrived damaged, by position.
    fileprivate var damaged: [Int: FilePrefix] = [:]
    /// How many of these have not been sent once more.
    fileprivate var openDamageCount = 0

    fileprivate init(_ content: SourcePages.Page) {
      self.content = content
      states = content.entries.map { _ in .awaited(prefix: nil) }
    }

    var firstIndex: UInt64 { content.firstIndex }
    var entries: [SourceEntry] { content.entries }

    /// What the receiver has of an entry that it waits for; `nil` when it waits for nothing of it.
    func wanted(_ position: Int) -> FilePrefix?? {
      if case .awaited(let prefix) = states[position] { .some(prefix) } else { nil }
    }
  }

  /// What an answer of the receiver asks for and says.
  struct Answer {
    let page: Page
    /// The entries whose digest the receiver asks for.
    var asked: [Int] = []
    /// The entries that it leaves alone as its conflict policy says.
    var skipped: [Int] = []
    /// The entries that it does not take, and why.
    var refused: [(position: Int, message: String)] = []
  }

  /// What a page's receipt settles.
  struct Settlement {
    let page: Page
    /// What the receiver could not store, and why.
    var failures: [(position: Int, message: String)] = []
    /// What is in place.
    var delivered: [(position: Int, entry: DeliveredEntry, isUnchanged: Bool)] = []
    /// How many bytes of content the session had sent at the page's end.
    let sentByteCount: Int64
  }

  /// A file that arrived damaged, with the digests of what arrived.
  struct Damage {
    let page: Page
    let position: Int
    let arrived: FilePrefix
    /// As it was sent.
    let entry: DeliveredEntry
  }

  private let digests: DigestContexts
  private let resumes: Bool
  private let acceptsTimes: Bool
  private var pages: [Page] = []

  /// - Parameters:
  ///   - digests: What was agreed.
  ///   - resumes: Whether the receiver was asked to go on with what it has.
  ///   - acceptsTimes: Whether it may say that a file is complete by its size and time.
  init(digests: DigestContexts, resumes: Bool, acceptsTimes: Bool) {
    self.digests = digests
    self.resumes = resumes
    self.acceptsTimes = acceptsTimes
  }

  /// Whether no page is on its way.
  var isEmpty: Bool { pages.isEmpty }

  /// The page that begins with an entry.
  func page(at firstIndex: UInt64) -> Page? { pages.first { $0.firstIndex == firstIndex } }

  /// A page is being announced.
  func announce(_ page: SourcePages.Page) {
    pages.append(Page(page))
  }

  // MARK: What the receiver wants

  /// Takes the receiver's answer to a page.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  func take(_ answer: PageAnswer) throws(P2PCopyError) -> Answer {
    guard
      let page = pages.first(where: { if case .announced = $0.stage { true } else { false } }),
      page.firstIndex == answer.firstIndex
    else { throw P2PCopyError(.protocolViolation, "the receiver answered a page that was not asked about") }
    var taken = Answer(page: page)
    for (position, disposition) in answer.dispositions {
      guard position < page.entries.count else {
        throw P2PCopyError(.protocolViolation, "the receiver answered for an entry that is not in the page")
      }
      try apply(disposition, position, &taken)
    }
    page.asked = taken.asked
    page.stage = page.asked.isEmpty ? .ready : .digesting(missing: page.asked.count)
    return taken
  }

  private func apply(_ disposition: EntryDisposition, _ position: Int, _ answer: inout Answer) throws(P2PCopyError) {
    let page = answer.page
    let entry = page.entries[position]
    // Nobody may leave out what the user wants sent whole.
    let mayHaveFile = if case .file = entry.kind { resumes } else { false }
    let mayHaveLink = if case .symbolicLink = entry.kind { resumes } else { false }
    switch disposition {
    case .continues(let byteCount) where mayHaveFile && isWhole(byteCount, of: entry):
      let prefix = FilePrefix(
        byteCount: byteCount, chunkCount: digests.chunkCount(of: byteCount),
        digestByteCount: digests.digest.byteCount)
      page.prefixes[position] = prefix
      page.states[position] = .awaited(prefix: prefix)
    case .check where mayHaveFile:
      page.states[position] = .asked(nil)
      answer.asked.append(position)
    case .unchanged where mayHaveLink:
      page.states[position] = .delivered(entry.delivered(digest: [], byteCount: 0), isUnchanged: true)
    case .completeByTimes where mayHaveFile && acceptsTimes:
      // Nobody has read it: there is no digest of it, and it counts without on both sides.
      page.states[position] = .delivered(
        entry.delivered(digest: [], byteCount: entry.listedByteCount), isUnchanged: true)
    case .skipped:
      page.states[position] = .settled
      answer.skipped.append(position)
    case .refused(_, let message):
      page.states[position] = .settled
      answer.refused.append((position, message))
    case .continues, .check, .unchanged, .completeByTimes:
      throw P2PCopyError(.protocolViolation, "the receiver's answer about '\(entry.path)' makes no sense")
    }
  }

  /// Whether a receiver may have so much of a file: chunks, or all that was announced.
  private func isWhole(_ byteCount: Int64, of entry: SourceEntry) -> Bool {
    byteCount == entry.listedByteCount
      || byteCount < entry.listedByteCount && byteCount % Int64(digests.chunkByteCount) == 0
  }

  /// Takes digests of what the receiver has of a file.
  ///
  /// - Returns: The file, when it arrived damaged and all digests are known.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  func take(_ list: ChunkDigests) throws(P2PCopyError) -> Damage? {
    let unasked = P2PCopyError(
      .protocolViolation, "the receiver sent digests of a file that it has nothing of that was sent")
    guard
      let page = pages.first(where: {
        list.index >= $0.firstIndex && list.index - $0.firstIndex < UInt64($0.entries.count)
      })
    else {
      // It may have read on in what it had when the file was complete without.
      guard list.reason == .isContinued else { throw unasked }
      return nil
    }
    let position = Int(list.index - page.firstIndex)
    switch (list.reason, page.states[position]) {
    case (.isContinued, _):
      guard let prefix = page.prefixes[position] else { throw unasked }
      // Whoever sends the file looks for them there.
      if try prefix.append(list) { page.prefixes[position] = nil }
      return nil
    case (.isDamaged, .delivered(let entry, isUnchanged: false)):
      guard case .file = page.entries[position].kind else { throw unasked }
      var arrived = page.damaged[position]
      if arrived == nil {
        arrived = FilePrefix(
          byteCount: entry.byteCount, chunkCount: max(1, digests.chunkCount(of: entry.byteCount)),
          digestByteCount: digests.digest.byteCount)
        page.damaged[position] = arrived
        page.openDamageCount += 1
      }
      guard let arrived, try arrived.append(list) else { return nil }
      return Damage(page: page, position: position, arrived: arrived, entry: entry)
    default: throw unasked
    }
  }

  /// What was damaged of a file has been sent once more, or cannot be.
  func repair(_ page: Page, sentByteCount: Int64) {
    page.openDamageCount -= 1
    if case .sent = page.stage { page.stage = .sent(byteCount: sentByteCount) }
  }

  /// A digest that the receiver asked for is known, or the file could not be read.
  ///
  /// - Parameters:
  ///   - entry: The file with its digest; `nil` when it could not be read, of which the receiver has been told.
  ///   - position: Its position in the page.
  ///   - page: The page.
  /// - Returns: What to send once it was the last; the digest of a file that could not be read is empty.
  func digested(_ entry: DeliveredEntry?, _ position: Int, of page: Page) -> PageChecks? {
    guard case .digesting(let missing) = page.stage else { return nil }
    page.states[position] = if let entry { .asked(entry) } else { .settled }
    guard missing == 1 else {
      page.stage = .digesting(missing: missing - 1)
      return nil
    }
    page.stage = .comparing
    return PageChecks(
      firstIndex: page.firstIndex,
      checks: page.asked.map { position in
        let digest: [UInt8] = if case .asked(let entry?) = page.states[position] { entry.digest } else { [] }
        return PageChecks.Check(position: position, digest: digest)
      })
  }

  /// Takes the receiver's answer to digests.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  func takeVerdict(_ verdict: PageAnswer) throws(P2PCopyError) -> Answer {
    guard
      let page = pages.first(where: { if case .comparing = $0.stage { true } else { false } }),
      page.firstIndex == verdict.firstIndex
    else {
      throw P2PCopyError(.protocolViolation, "the receiver gave a verdict about a page that was not checked")
    }
    var taken = Answer(page: page)
    let asked = Set(page.asked)
    for (position, disposition) in verdict.dispositions {
      guard asked.contains(position) else {
        throw P2PCopyError(.protocolViolation, "the receiver gave a verdict about a file that was not checked")
      }
      switch (disposition, page.states[position]) {
      case (.unchanged, .asked(let entry?)): page.states[position] = .delivered(entry, isUnchanged: true)
      case (.unchanged, _):
        throw P2PCopyError(.protocolViolation, "the receiver claims to have a file that could not be read here")
      case (.skipped, .asked), (.refused, .asked): try apply(disposition, position, &taken)
      // Of one that could not be read the receiver was told; what it thinks of it besides is of no account.
      case (.skipped, _), (.refused, _): break
      case (.continues, _), (.check, _), (.completeByTimes, _):
        throw P2PCopyError(.protocolViolation, "the receiver's verdict makes no sense")
      }
    }
    for position in page.asked {
      if case .asked = page.states[position] { page.states[position] = .awaited(prefix: nil) }
    }
    page.stage = .ready
    return taken
  }

  // MARK: Sending

  /// The next page whose data can be sent, in order. Directories and links of it that were not refused need no data, and
  /// count as delivered.
  func takeReadyPage() -> Page? {
    let next = pages.first { page in
      switch page.stage {
      case .sending, .sent: false
      case .announced, .digesting, .comparing, .ready: true
      }
    }
    guard let next, case .ready = next.stage else { return nil }
    next.stage = .sending
    for position in next.entries.indices {
      guard case .awaited = next.states[position] else { continue }
      switch next.entries[position].kind {
      case .file, .stream: break
      case .directory, .symbolicLink:
        next.states[position] = .delivered(
          next.entries[position].delivered(digest: [], byteCount: 0), isUnchanged: false)
      }
    }
    return next
  }

  /// All of an entry has been sent.
  func deliver(_ entry: DeliveredEntry, _ position: Int, of page: Page) {
    page.states[position] = .delivered(entry, isUnchanged: false)
  }

  /// An entry failed, here or at the receiver.
  func settle(_ position: Int, of page: Page) {
    page.states[position] = .settled
  }

  /// All of a page has been sent.
  func finish(_ page: Page, sentByteCount: Int64) {
    page.stage = .sent(byteCount: sentByteCount)
  }

  // MARK: Receipts

  /// Takes the receipt of the oldest page, which is forgotten then.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  func take(_ receipt: PageReceipt) throws(P2PCopyError) -> Settlement {
    guard let page = pages.first, case .sent(let byteCount) = page.stage, page.firstIndex == receipt.firstIndex,
      page.openDamageCount == 0
    else {
      throw P2PCopyError(.protocolViolation, "the receiver sent a receipt for a page that is not complete")
    }
    var settlement = Settlement(page: page, sentByteCount: byteCount)
    for failure in receipt.failures {
      guard failure.index >= page.firstIndex, failure.index - page.firstIndex < UInt64(page.entries.count),
        case .delivered = page.states[Int(failure.index - page.firstIndex)]
      else { throw P2PCopyError(.protocolViolation, "the receiver's receipt names an entry that was not sent") }
      let position = Int(failure.index - page.firstIndex)
      page.states[position] = .settled
      settlement.failures.append((position, failure.message))
    }
    for (position, state) in page.states.enumerated() {
      guard case .delivered(let entry, let isUnchanged) = state else { continue }
      settlement.delivered.append((position, entry, isUnchanged))
    }
    pages.removeFirst()
    return settlement
  }
}

extension SourcePages.Page {
  /// The index of an entry in the whole manifest.
  func index(of position: Int) -> UInt64 { firstIndex + UInt64(position) }
}

extension SourceEntry {
  /// Mode and time; a stream has none.
  var knownMetadata: EntryMetadata? { kind == .stream ? nil : metadata }

  /// The entry as it is counted once it is in place.
  func delivered(
    digest: [UInt8], byteCount: Int64, metadata: EntryMetadata? = nil
  ) -> DeliveredEntry {
    let kind: DeliveredEntry.Kind =
      switch kind {
      case .file, .stream: .file
      case .directory: .directory
      case .symbolicLink: .symbolicLink
      }
    let target: [UInt8] = if case .symbolicLink(let target) = self.kind { target } else { [] }
    return DeliveredEntry(
      path: path.bytes, kind: kind, byteCount: byteCount, digest: digest, target: target,
      metadata: metadata ?? knownMetadata)
  }
}
