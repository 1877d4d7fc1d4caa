package import P2PCopyCore
package import P2PCopyFiles
package import P2PCopyTransfer
import P2PCopyWire

/// What a receiver wants of an entry.
package enum EntryDecision: Sendable {
  /// All of it, for this place. A link needs no data.
  case whole(PlannedPlace)
  /// What follows the part that is there, and of that what differs.
  case rest(PlannedPlace, PartialContent)
  /// Nothing, if the sender's digest is that of a file that is there.
  case check
  /// Nothing: the directory is there now.
  case made(RelativePath, DirectoryOrigin)
  /// Nothing: it is there.
  case unchanged(DeliveredEntry)
  /// Nothing: it is there, as its size and time tell, and was not read.
  case completeByTimes(DeliveredEntry)
  /// Nothing: something else is there and stays.
  case skipped
  /// Nothing: it cannot be taken.
  case refused(P2PCopyError)
}

/// What is to become of an entry when its page ends.
package enum EntryOutcome: Sendable {
  /// It is in place.
  case delivered(DeliveredEntry, isUnchanged: Bool)
  /// It is a link, and to be made now.
  case link(PlannedPlace, target: [UInt8])
  /// It is a directory that was made or met when its page came.
  case directory(RelativePath, DirectoryOrigin)
  /// It failed at this side, and the sender is to be told.
  case failed(P2PCopyError)
  /// It is not in place, and the sender knows.
  case settled
}

/// One life of an entry of the sender's manifest: from its page's coming to its page's end.
///
/// Each step is legal in some stages only. One that the sender takes out of turn is a
/// ``P2PCopyCore/P2PCopyError/Code/protocolViolation``, and changes nothing.
///
///     announced ──▶ awaiting its digest ──▶ comparing ──▶ …
///         ├──────────────────────────────────┴─▶ wanted ──▶ arriving ──▶ arrived ──▶ delivered, failed
///         │                                        ▲─ once ────┴─ once ─┘
///         ├─▶ made (a directory)
///         └─▶ unchanged, or settled: skipped, refused, and what the sender could not send
package struct EntryState: Sendable {
  private enum Stage: Sendable {
    /// Nobody has looked yet.
    case announced
    /// The sender's digest decides.
    case awaitingDigest
    /// The sender's digest is here.
    case comparing
    /// To come whole, also a link, which is made at the page's end.
    case wanted(PlannedPlace)
    /// To come but for what is there and is the same.
    case wantedRest(PlannedPlace, PartialContent)
    case made(RelativePath, DirectoryOrigin)
    /// Its data is coming, for this place.
    case arriving(PlannedPlace)
    /// All of its data is here, and is being stored.
    case arrived
    case delivered(DeliveredEntry, isUnchanged: Bool)
    case failed(P2PCopyError)
    /// The sender could not send it; it may owe a digest all the same.
    case withdrawn(owesDigest: Bool)
    /// Left alone or refused: the sender knows.
    case settled
  }

  /// A file that begins to come.
  package struct Arrival: Sendable {
    package var entry: IncomingEntry
    package var place: PlannedPlace
    /// What is there of it, to be gone on with.
    package var rest: PartialContent?
  }

  /// What the sender announced.
  package let entry: IncomingEntry
  private var stage = Stage.announced
  /// Whether what came of it was void before.
  private var hasComeBefore = false
  /// Whether it arrived damaged before.
  private var wasDamaged = false

  /// An entry whose page has just come.
  package init(_ entry: IncomingEntry) {
    self.entry = entry
  }

  // MARK: Answering

  /// Takes what was decided, once after the page's coming, and again after a check.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/internalError``: nobody asked.
  package mutating func decide(_ decision: EntryDecision) throws(P2PCopyError) {
    switch stage {
    case .announced, .comparing: break
    default: throw P2PCopyError(.internalError, "'\(entry.shown)' was decided about twice; please report it")
    }
    stage =
      switch decision {
      case .whole(let place): .wanted(place)
      case .rest(let place, let content): .wantedRest(place, content)
      case .check: .awaitingDigest
      case .made(let path, let origin): .made(path, origin)
      case .unchanged(let delivered), .completeByTimes(let delivered): .delivered(delivered, isUnchanged: true)
      case .skipped, .refused: .settled
      }
  }

  /// Whether the sender was asked for a digest that has not come.
  package var awaitsDigest: Bool {
    switch stage {
    case .awaitingDigest, .withdrawn(owesDigest: true): true
    default: false
    }
  }

  /// The sender's digest has come.
  ///
  /// - Returns: Whether there is something to decide: not when the sender has said that it cannot send the file.
  /// - Throws: ``P2PCopyError``: it was not asked for.
  package mutating func takeDigest() throws(P2PCopyError) -> Bool {
    switch stage {
    case .awaitingDigest:
      stage = .comparing
      return true
    case .withdrawn(owesDigest: true):
      stage = .withdrawn(owesDigest: false)
      return false
    default: throw P2PCopyError(.protocolViolation, "the sender sent a digest that was not asked for")
    }
  }

  // MARK: Reading

  /// The first of a file's data is here.
  ///
  /// - Throws: ``P2PCopyError``: nobody wanted it, or it came already.
  package mutating func begin() throws(P2PCopyError) -> Arrival {
    let arrival: Arrival
    switch (stage, entry.kind) {
    case (.wanted(let place), .file), (.wanted(let place), .stream):
      arrival = Arrival(entry: entry, place: place)
    case (.wantedRest(let place, let content), .file):
      arrival = Arrival(entry: entry, place: place, rest: content)
    default: throw unasked
    }
    stage = .arriving(arrival.place)
    return arrival
  }

  /// The last of a file's data is here.
  ///
  /// - Throws: ``P2PCopyError``: none was coming.
  package mutating func end() throws(P2PCopyError) {
    guard case .arriving = stage else { throw unasked }
    stage = .arrived
  }

  /// What came of a file is void: it comes once more, from its beginning.
  ///
  /// - Throws: ``P2PCopyError``: it is not coming, or what came of it was void before; or it is a stream, which is there once.
  package mutating func beginAgain() throws(P2PCopyError) {
    guard case .arriving(let place) = stage, case .file = entry.kind, !hasComeBefore else { throw unasked }
    hasComeBefore = true
    stage = .wanted(place)
  }

  /// A whole file is here, with others in a pack.
  ///
  /// - Throws: ``P2PCopyError``: nobody wanted it whole, or it came already.
  package mutating func arrive() throws(P2PCopyError) -> Arrival {
    guard case .wanted(let place) = stage, case .file = entry.kind else { throw unasked }
    stage = .arrived
    return Arrival(entry: entry, place: place)
  }

  /// The sender cannot send it, or the rest of it.
  ///
  /// - Throws: ``P2PCopyError``: nobody was told that it is wanted, or it came already.
  package mutating func withdraw() throws(P2PCopyError) {
    switch stage {
    case .awaitingDigest: stage = .withdrawn(owesDigest: true)
    // Of one that was left alone or refused, it may be said all the same.
    case .wanted, .wantedRest, .arriving, .settled: stage = .withdrawn(owesDigest: false)
    default: throw unasked
    }
  }

  /// Whether it is known what becomes of it, so that the sender may end its page.
  package var isDecided: Bool {
    switch stage {
    case .announced, .awaitingDigest, .comparing, .withdrawn(owesDigest: true): false
    default: true
    }
  }

  // MARK: Storing

  /// A file is in place.
  ///
  /// - Throws: ``P2PCopyError``: it did not come.
  package mutating func deliver(_ delivered: DeliveredEntry) throws(P2PCopyError) {
    guard case .arrived = stage else { throw unasked }
    stage = .delivered(delivered, isUnchanged: false)
  }

  /// A file came and could not be stored.
  ///
  /// - Throws: ``P2PCopyError``: it did not come.
  package mutating func fail(_ error: P2PCopyError) throws(P2PCopyError) {
    guard case .arrived = stage else { throw unasked }
    stage = .failed(error)
  }

  /// A file came and is not what the sender read: what differs is to come once more, also after its page's end.
  ///
  /// - Parameters:
  ///   - place: Where it is to be.
  ///   - content: What is there of it; `nil` for nothing.
  /// - Returns: Whether that may be: not for a second time, nor for a stream, which is there once.
  /// - Throws: ``P2PCopyError``: it did not come.
  package mutating func doubt(_ place: PlannedPlace, _ content: PartialContent?) throws(P2PCopyError) -> Bool {
    guard case .arrived = stage else { throw unasked }
    guard !wasDamaged, case .file = entry.kind else { return false }
    wasDamaged = true
    stage = if let content { .wantedRest(place, content) } else { .wanted(place) }
    return true
  }

  /// Whether it arrived damaged, and what becomes of it is not known yet.
  package var isInDoubt: Bool {
    switch stage {
    case .wanted, .wantedRest, .arriving, .arrived: wasDamaged
    default: false
    }
  }

  /// What becomes of it now that its page ends. A file that was wanted and never came has failed.
  package var outcome: EntryOutcome {
    switch (stage, entry.kind) {
    case (.delivered(let delivered, let isUnchanged), _): .delivered(delivered, isUnchanged: isUnchanged)
    case (.wanted(let place), .symbolicLink(let target)): .link(place, target: target)
    case (.made(let path, let origin), _): .directory(path, origin)
    case (.failed(let error), _): .failed(error)
    case (.withdrawn, _), (.settled, _): .settled
    default: .failed(P2PCopyError(.incomplete, "'\(entry.shown)' was announced and never came", scope: .entry))
    }
  }

  /// The error for what the sender does out of turn.
  private var unasked: P2PCopyError {
    P2PCopyError(.protocolViolation, "the sender sent '\(entry.shown)', which was not wanted or was sent already")
  }
}
