package import P2PCopyCore
package import P2PCopyFiles
package import P2PCopyTransfer
import P2PCopyWire

/// Where a session puts what it receives: a directory, a stream, memory.
package protocol Destination: Sendable {
  /// The directory that everything goes below, if it is one, so that nothing that this side writes for itself is put where
  /// an entry belongs.
  var outputPath: LocalPath? { get }

  /// Whether a sender that was started again can send everything once more to it.
  var canBeginAgain: Bool { get }

  /// A sender that was started again sends everything once more.
  func beginAgain()

  /// Finds out whether it can be used, before a sender begins.
  ///
  /// - Throws: ``P2PCopyError``: it cannot.
  func check() throws(P2PCopyError)

  /// Opens it for one session.
  ///
  /// - Parameter settings: What was agreed and asked for.
  /// - Returns: Its two parts.
  /// - Throws: ``P2PCopyError``: it cannot be used.
  func open(_ settings: ReceiveSettings) throws(P2PCopyError) -> OpenDestination
}

extension Destination {
  package var canBeginAgain: Bool { true }

  package func beginAgain() {}
}

/// A destination during a session, in its parts: one task decides about entries while another stores those before.
///
/// Safe to pass to tasks although its parts are not: each is used by one task.
package struct OpenDestination: @unchecked Sendable {
  let decisions: any EntryDeciding
  let store: any EntryStoring
  /// Missing where no file is gone on with.
  let partials: (any PartialStoring)?
  /// Missing where nothing is kept beside what was received.
  let checkpoints: JournalCheckpoints?

  /// - Parameters:
  ///   - decisions: For the task that answers.
  ///   - store: For the task that stores. Shares nothing with `decisions` that two tasks cannot use.
  ///   - partials: For the task that reads what is there; the same holds for it.
  ///   - checkpoints: For the task that keeps a journal; the same holds for it.
  package init(
    decisions: any EntryDeciding, store: any EntryStoring, partials: (any PartialStoring)? = nil,
    checkpoints: JournalCheckpoints? = nil
  ) {
    self.partials = partials
    self.decisions = decisions
    self.store = store
    self.checkpoints = checkpoints
  }
}

/// Decides what is wanted of entries. Used by one task alone.
package protocol EntryDeciding: AnyObject {
  /// Decides about an entry of a new page, and makes it when it is a directory.
  ///
  /// - Parameters:
  ///   - entry: The entry.
  ///   - path: Its name, which is safe.
  /// - Returns: What is wanted of it.
  /// - Throws: ``P2PCopyError``: the entry is refused for that reason; or, with code ``P2PCopyError/Code/cancelled``, the
  ///   session is over.
  func decide(_ entry: IncomingEntry, _ path: RelativePath) throws(P2PCopyError) -> EntryDecision

  /// Decides about a file that ``EntryDecision/check`` was said of, now that the sender's digest is known.
  ///
  /// - Parameters:
  ///   - entry: The file.
  ///   - path: Its name.
  ///   - digest: The sender's digest; empty when the sender could not read the file, and says so in its place.
  /// - Returns: What is wanted of it.
  /// - Throws: As ``decide(_:_:)``.
  func decide(
    _ entry: IncomingEntry, _ path: RelativePath, comparing digest: [UInt8]
  ) throws(P2PCopyError) -> EntryDecision

  /// How many more bytes can be written; `nil` when nobody can be certain.
  var room: Int64? { get }

  /// How much room a file takes.
  ///
  /// - Parameters:
  ///   - byteCount: How many bytes of it are to come.
  ///   - place: As it was decided.
  ///   - isContinued: Whether they go behind a partial file.
  /// - Returns: In bytes, what becomes free with it taken off, so that it may be negative; 0 when it takes none of
  ///   ``room``.
  func roomTaken(by byteCount: Int64, at place: PlannedPlace, continuing isContinued: Bool) -> Int64
}

extension EntryDeciding {
  package var room: Int64? { nil }

  package func roomTaken(by byteCount: Int64, at place: PlannedPlace, continuing isContinued: Bool) -> Int64 { 0 }
}

/// Stores what was decided about. Used by one task alone, in the order in which entries come.
///
/// What it throws concerns the one entry if that is its ``P2PCopyCore/P2PCopyError/scope-swift.property``.
package protocol EntryStoring: AnyObject {
  /// Opens a file that comes piece by piece.
  ///
  /// - Parameters:
  ///   - entry: The file.
  ///   - place: As it was decided.
  ///   - start: What to go on with, as it was decided; `nil` to begin anew.
  /// - Returns: What writes it.
  /// - Throws: ``P2PCopyError``: it cannot be opened.
  func openFile(
    _ entry: IncomingEntry, at place: PlannedPlace, continuing start: PartialStart?
  ) throws(P2PCopyError) -> any EntryWriting

  /// Stores a file that came whole, and whose digest is right.
  ///
  /// - Parameters:
  ///   - content: All of it; only valid during the call.
  ///   - entry: The file.
  ///   - place: As it was decided.
  ///   - metadata: Mode and times to give it; `nil` for none.
  /// - Returns: The file in its place.
  /// - Throws: ``P2PCopyError``: it cannot be stored.
  func storeFile(
    _ content: UnsafeRawBufferPointer, _ entry: IncomingEntry, at place: PlannedPlace, _ metadata: EntryMetadata?
  ) throws(P2PCopyError) -> PlacedEntry

  /// Makes a symbolic link.
  ///
  /// - Parameters:
  ///   - entry: The link.
  ///   - target: Where it leads.
  ///   - place: As it was decided.
  /// - Returns: The link in its place.
  /// - Throws: ``P2PCopyError``: it cannot be made.
  func storeLink(
    _ entry: IncomingEntry, to target: [UInt8], at place: PlannedPlace
  ) throws(P2PCopyError) -> PlacedEntry

  /// Takes down what a directory is to have in the end.
  ///
  /// - Parameters:
  ///   - entry: The directory.
  ///   - path: Where it was made or met.
  ///   - origin: Which of the two.
  /// - Returns: The directory as it will be.
  /// - Throws: ``P2PCopyError``: it is no longer there.
  func storeDirectory(
    _ entry: IncomingEntry, at path: RelativePath, _ origin: DirectoryOrigin
  ) throws(P2PCopyError) -> PlacedEntry

  /// Whether a file that arrived damaged can be taken once more.
  var canTakeAgain: Bool { get }

  /// Takes down, where that is kept, that a file is complete, so that it need not be read to find that out again.
  ///
  /// - Parameters:
  ///   - placed: The file in its place.
  ///   - digest: The digest of its content.
  func remember(_ placed: PlacedEntry, digest: [UInt8])

  /// Everything has come: finishes what can be finished only now, and makes sure that it lasts.
  ///
  /// - Returns: What failed in that.
  /// - Throws: ``P2PCopyError``: it may not last.
  func finish() throws(P2PCopyError) -> [EntryFailure]
}

extension EntryStoring {
  package func remember(_ placed: PlacedEntry, digest: [UInt8]) {}

  package var canTakeAgain: Bool { true }
}

/// Writes one file that comes piece by piece. One that is let go before ``place(_:byteCount:)`` keeps what was written, if
/// that can be gone on with.
package protocol EntryWriting: AnyObject {
  /// Writes bytes, which are only valid during the call.
  ///
  /// - Parameters:
  ///   - content: The bytes.
  ///   - offset: Where in the file they belong: behind those before, or in what was there.
  /// - Throws: ``P2PCopyError``: they cannot be written.
  func write(_ content: UnsafeRawBufferPointer, at offset: Int64) throws(P2PCopyError)

  /// Gives the file its name: it is complete, and its digest is right.
  ///
  /// - Parameters:
  ///   - metadata: Mode and times to give it; `nil` for none.
  ///   - byteCount: Its size: what was there behind that is cut off.
  /// - Returns: The file in its place.
  /// - Throws: ``P2PCopyError``: it cannot have that name.
  func place(_ metadata: EntryMetadata?, byteCount: Int64) throws(P2PCopyError) -> PlacedEntry

  /// The digest of what lies there.
  ///
  /// - Parameters:
  ///   - byteCount: How much of it.
  ///   - digests: What makes it.
  /// - Returns: The digest; `nil` when there is less.
  /// - Throws: ``P2PCopyError``: it cannot be read.
  func digest(_ byteCount: Int64, _ digests: DigestContexts) throws(P2PCopyError) -> [UInt8]?

  /// Leaves what was written for another one to go on with.
  ///
  /// - Returns: What that needs; `nil` when nothing can be gone on with.
  func leave() -> PartialStart?

  /// Forgets what was written: it is damaged and must not be gone on with.
  func discard()
}

extension EntryWriting {
  func digest(_ byteCount: Int64, _ digests: DigestContexts) -> [UInt8]? { nil }

  func leave() -> PartialStart? { nil }
}
