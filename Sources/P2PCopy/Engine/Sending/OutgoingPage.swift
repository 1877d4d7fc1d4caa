import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// A page between its announcement and its receipt at the sender, with what becomes of each of its entries.
///
/// Every change of an entry's state goes through here; one that the receiver must not bring about ends the session. Used
/// by the pump alone; the ``OutgoingPageLedger`` has the pages in order.
final class OutgoingPage {
  /// What a receiver may answer.
  struct Terms {
    /// What was agreed.
    var digests: DigestContexts
    /// Whether the receiver was asked to go on with what it has.
    var resumes: Bool
    /// Whether it may say that a file is complete by its size and time.
    var acceptsTimes: Bool
  }

  /// What becomes of an entry.
  private enum EntryState {
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
  private enum Stage {
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

  /// What an answer of the receiver asks for and says.
  struct Answer {
    let page: OutgoingPage
    /// The entries whose digest the receiver asks for.
    var asked: [Int] = []
    /// The entries that it leaves alone as its conflict policy says.
    var skipped: [Int] = []
    /// The entries that it does not take, and why.
    var refused: [(position: Int, message: String)] = []
  }

  /// What a page's receipt settles.
  struct Settlement {
    let page: OutgoingPage
    /// What the receiver could not store, and why.
    var failures: [(position: Int, message: String)] = []
    /// What is in place.
    var delivered: [(position: Int, entry: DeliveredEntry, isUnchanged: Bool)] = []
    /// How many bytes of content the session had sent at the page's end.
    let sentByteCount: Int64
  }

  /// A file that arrived damaged, with the digests of what arrived.
  struct Damage {
    let page: OutgoingPage
    let position: Int
    let arrived: FilePrefix
    /// As it was sent.
    let entry: DeliveredEntry
  }

  let content: SourcePages.Page
  private let terms: Terms
  private var stage = Stage.announced
  private var states: [EntryState]
  private var asked: [Int] = []
  /// What the receiver says it has of files, by position.
  private var prefixes: [Int: FilePrefix] = [:]
  /// What the receiver says it has of files that arrived damaged, by position.
  private var damaged: [Int: FilePrefix] = [:]
  /// How many of these have not been sent once more.
  private var openDamageCount = 0

  /// A page that is being announced.
  init(_ content: SourcePages.Page, _ terms: Terms) {
    self.content = content
    self.terms = terms
    states = content.entries.map { _ in .awaited(prefix: nil) }
  }

  var firstIndex: UInt64 { content.firstIndex }
  var entries: [SourceEntry] { content.entries }

  /// Whether the receiver has not said what it wants of it.
  var awaitsAnswer: Bool { if case .announced = stage { true } else { false } }

  /// Whether the receiver has digests of it to compare.
  var awaitsVerdict: Bool { if case .comparing = stage { true } else { false } }

  /// Whether its data can be sent.
  var isReady: Bool { if case .ready = stage { true } else { false } }

  /// Whether its data are being sent, or all have been.
  var isBegun: Bool {
    switch stage {
    case .sending, .sent: true
    case .announced, .digesting, .comparing, .ready: false
    }
  }

  /// Where an entry is in the page; `nil` when it is in another one.
  func position(of index: UInt64) -> Int? {
    ManifestPage.position(of: index, inPageFrom: firstIndex, count: entries.count)
  }

  /// What the receiver has of an entry that it waits for; `nil` when it waits for nothing of it.
  func wanted(_ position: Int) -> FilePrefix?? {
    if case .awaited(let prefix) = states[position] { .some(prefix) } else { nil }
  }

  // MARK: What the receiver wants

  /// Takes the receiver's answer.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  func take(_ answer: PageAnswer) throws(P2PCopyError) -> Answer {
    var taken = Answer(page: self)
    for (position, disposition) in answer.dispositions {
      guard position < entries.count else {
        throw P2PCopyError(.protocolViolation, "the receiver answered for an entry that is not in the page")
      }
      try apply(disposition, position, &taken)
    }
    asked = taken.asked
    stage = asked.isEmpty ? .ready : .digesting(missing: asked.count)
    return taken
  }

  private func apply(_ disposition: EntryDisposition, _ position: Int, _ answer: inout Answer) throws(P2PCopyError) {
    let entry = entries[position]
    // Nobody may leave out what the user wants sent whole.
    let mayHaveFile = if case .file = entry.kind { terms.resumes } else { false }
    let mayHaveLink = if case .symbolicLink = entry.kind { terms.resumes } else { false }
    switch disposition {
    case .continues(let byteCount) where mayHaveFile && isWhole(byteCount, of: entry):
      let prefix = FilePrefix(
        byteCount: byteCount, chunkCount: terms.digests.chunkCount(of: byteCount),
        digestByteCount: terms.digests.digest.byteCount)
      prefixes[position] = prefix
      states[position] = .awaited(prefix: prefix)
    case .check where mayHaveFile:
      states[position] = .asked(nil)
      answer.asked.append(position)
    case .unchanged where mayHaveLink:
      states[position] = .delivered(entry.delivered(digest: [], byteCount: 0), isUnchanged: true)
    case .completeByTimes where mayHaveFile && terms.acceptsTimes:
      // Nobody has read it: there is no digest of it, and it counts without on both sides.
      states[position] = .delivered(
        entry.delivered(digest: [], byteCount: entry.listedByteCount), isUnchanged: true)
    case .skipped:
      states[position] = .settled
      answer.skipped.append(position)
    case .refused(_, let message):
      states[position] = .settled
      answer.refused.append((position, message))
    case .continues, .check, .unchanged, .completeByTimes:
      throw P2PCopyError(.protocolViolation, "the receiver's answer about '\(entry.path)' makes no sense")
    }
  }

  /// Whether a receiver may have so much of a file: chunks, or all that was announced.
  private func isWhole(_ byteCount: Int64, of entry: SourceEntry) -> Bool {
    byteCount == entry.listedByteCount
      || byteCount < entry.listedByteCount && byteCount % Int64(terms.digests.chunkByteCount) == 0
  }

  /// Takes digests of what the receiver has of a file.
  ///
  /// - Returns: The file, when it arrived damaged and all digests are known.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  func take(_ list: ChunkDigests, _ position: Int) throws(P2PCopyError) -> Damage? {
    switch (list.reason, states[position]) {
    case (.isContinued, _):
      guard let prefix = prefixes[position] else { throw .unaskedDigests }
      // Whoever sends the file looks for them there.
      if try prefix.append(list) { prefixes[position] = nil }
      return nil
    case (.isDamaged, .delivered(let entry, isUnchanged: false)):
      guard case .file = entries[position].kind else { throw .unaskedDigests }
      var arrived = damaged[position]
      if arrived == nil {
        arrived = FilePrefix(
          byteCount: entry.byteCount, chunkCount: max(1, terms.digests.chunkCount(of: entry.byteCount)),
          digestByteCount: terms.digests.digest.byteCount)
        damaged[position] = arrived
        openDamageCount += 1
      }
      guard let arrived, try arrived.append(list) else { return nil }
      return Damage(page: self, position: position, arrived: arrived, entry: entry)
    default: throw .unaskedDigests
    }
  }

  /// What was damaged of a file has been sent once more, or cannot be.
  func repair(sentByteCount: Int64) {
    openDamageCount -= 1
    if case .sent = stage { stage = .sent(byteCount: sentByteCount) }
  }

  /// A digest that the receiver asked for is known, or the file could not be read.
  ///
  /// - Parameters:
  ///   - entry: The file with its digest; `nil` when it could not be read, of which the receiver has been told.
  ///   - position: Its position.
  /// - Returns: What to send once it was the last; the digest of a file that could not be read is empty.
  func digested(_ entry: DeliveredEntry?, _ position: Int) -> PageChecks? {
    guard case .digesting(let missing) = stage else { return nil }
    states[position] = if let entry { .asked(entry) } else { .settled }
    guard missing == 1 else {
      stage = .digesting(missing: missing - 1)
      return nil
    }
    stage = .comparing
    return PageChecks(
      firstIndex: firstIndex,
      checks: asked.map { position in
        let digest: [UInt8] = if case .asked(let entry?) = states[position] { entry.digest } else { [] }
        return PageChecks.Check(position: position, digest: digest)
      })
  }

  /// Takes the receiver's answer to digests.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  func takeVerdict(_ verdict: PageAnswer) throws(P2PCopyError) -> Answer {
    var taken = Answer(page: self)
    let asked = Set(asked)
    for (position, disposition) in verdict.dispositions {
      guard asked.contains(position) else {
        throw P2PCopyError(.protocolViolation, "the receiver gave a verdict about a file that was not checked")
      }
      switch (disposition, states[position]) {
      case (.unchanged, .asked(let entry?)): states[position] = .delivered(entry, isUnchanged: true)
      case (.unchanged, _):
        throw P2PCopyError(.protocolViolation, "the receiver claims to have a file that could not be read here")
      case (.skipped, .asked), (.refused, .asked): try apply(disposition, position, &taken)
      // Of one that could not be read the receiver was told; what it thinks of it besides is of no account.
      case (.skipped, _), (.refused, _): break
      case (.continues, _), (.check, _), (.completeByTimes, _):
        throw P2PCopyError(.protocolViolation, "the receiver's verdict makes no sense")
      }
    }
    for position in self.asked {
      if case .asked = states[position] { states[position] = .awaited(prefix: nil) }
    }
    stage = .ready
    return taken
  }

  // MARK: Sending

  /// Its data are being sent from now on. Directories and links that were not refused need none, and count as delivered.
  func begin() {
    stage = .sending
    for position in entries.indices {
      guard case .awaited = states[position] else { continue }
      switch entries[position].kind {
      case .file, .stream: break
      case .directory, .symbolicLink:
        states[position] = .delivered(entries[position].delivered(digest: [], byteCount: 0), isUnchanged: false)
      }
    }
  }

  /// All of an entry has been sent.
  func deliver(_ entry: DeliveredEntry, _ position: Int) {
    states[position] = .delivered(entry, isUnchanged: false)
  }

  /// An entry failed, here or at the receiver.
  func settle(_ position: Int) {
    states[position] = .settled
  }

  /// All of it has been sent.
  func finish(sentByteCount: Int64) {
    stage = .sent(byteCount: sentByteCount)
  }

  // MARK: The receipt

  /// Takes the receipt.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  func take(_ receipt: PageReceipt) throws(P2PCopyError) -> Settlement {
    guard case .sent(let byteCount) = stage, firstIndex == receipt.firstIndex, openDamageCount == 0 else {
      throw .incompletePage
    }
    var settlement = Settlement(page: self, sentByteCount: byteCount)
    for failure in receipt.failures {
      guard let position = position(of: failure.index), case .delivered = states[position] else {
        throw P2PCopyError(.protocolViolation, "the receiver's receipt names an entry that was not sent")
      }
      states[position] = .settled
      settlement.failures.append((position, failure.message))
    }
    for (position, state) in states.enumerated() {
      guard case .delivered(let entry, let isUnchanged) = state else { continue }
      settlement.delivered.append((position, entry, isUnchanged))
    }
    return settlement
  }
}

extension P2PCopyError {
  static var unaskedDigests: P2PCopyError {
    P2PCopyError(.protocolViolation, "the receiver sent digests of a file that it has nothing of that was sent")
  }

  static var incompletePage: P2PCopyError {
    P2PCopyError(.protocolViolation, "the receiver sent a receipt for a page that is not complete")
  }
}
