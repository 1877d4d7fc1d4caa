package import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// Memory that takes what a sender sends, up to a limit: for tests, and for programs that want no file.
///
/// What comes lies in a flat list, by name; nothing is written to a disk. Modes and times are not kept. A name that is taken
/// is an error, whatever ``ReceiveOptions/conflictPolicy`` says.
public final class MemoryDestination: Sendable {
  /// One thing that was received.
  public struct Entry: Hashable, Sendable {
    /// What an entry can be.
    public enum Kind: Hashable, Sendable {
      /// A file, whose content is in ``Entry/content``.
      case file
      /// A directory.
      case directory
      /// A symbolic link, which leads to what ``Entry/content`` says.
      case symbolicLink
    }

    /// Its name in the transfer, as the sender wrote it: components joined with `/`, none of them `..`. Bytes, which need
    /// not be UTF-8.
    public let path: [UInt8]

    /// What it is.
    public let kind: Kind

    /// A file's content or a link's target.
    public let content: [UInt8]
  }

  /// What an entry takes besides its name and content, roughly.
  private static let entryByteCount = 128

  private struct State {
    var entries: [Entry] = []
    var paths: Set<[UInt8]> = []
    var byteCount = 0
  }

  /// How many bytes it takes at most: names, contents and 128 bytes for each entry.
  public let byteLimit: Int

  private let state = Mutex(State())

  /// Makes memory that holds nothing yet.
  ///
  /// - Parameter byteLimit: How many bytes it takes at most, since the sender decides how much comes. A file that does not
  ///   fit fails; the others go on.
  public init(byteLimit: Int) {
    self.byteLimit = byteLimit
  }

  /// What has arrived, in the order in which it did. Complete when receiving has returned.
  public var entries: [Entry] { state.withLock { $0.entries } }

  /// The content of a file that has arrived; `nil` when there is none of that name.
  public subscript(path: String) -> [UInt8]? {
    state.withLock { state in
      state.entries.first { $0.kind == .file && $0.path.elementsEqual(path.utf8) }?.content
    }
  }

  // MARK: For the engine

  /// Sets bytes aside.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable`` when there are not so many left.
  fileprivate func reserve(_ byteCount: Int, for path: RelativePath) throws(P2PCopyError) {
    let hasRoom = state.withLock { state in
      guard byteCount <= byteLimit - state.byteCount else { return false }
      state.byteCount += byteCount
      return true
    }
    guard hasRoom else { throw noRoom(for: path) }
  }

  /// Gives back what was set aside.
  fileprivate func release(_ byteCount: Int) {
    state.withLock { $0.byteCount -= byteCount }
  }

  /// Whether an entry of that size could come now.
  fileprivate func checkRoom(for path: RelativePath, byteCount: Int64) throws(P2PCopyError) {
    let (isTaken, room) = state.withLock { ($0.paths.contains(path.bytes), byteLimit - $0.byteCount) }
    guard !isTaken else { throw .destinationExists(path) }
    guard byteCount <= room, path.bytes.count + Self.entryByteCount <= room - Int(byteCount) else {
      throw noRoom(for: path)
    }
  }

  /// Puts an entry in, whose content was reserved.
  fileprivate func add(
    _ path: RelativePath, _ kind: Entry.Kind, _ content: [UInt8]
  ) throws(P2PCopyError) -> PlacedEntry {
    let byteCount = path.bytes.count + Self.entryByteCount
    try reserve(byteCount, for: path)
    let isNew = state.withLock { state in
      guard state.paths.insert(path.bytes).inserted else {
        state.byteCount -= byteCount
        return false
      }
      state.entries.append(Entry(path: path.bytes, kind: kind, content: content))
      return true
    }
    guard isNew else { throw .destinationExists(path) }
    return PlacedEntry(path: path)
  }

  private func noRoom(for path: RelativePath) -> P2PCopyError {
    P2PCopyError(
      .destinationUnwritable, "no room for '\(path)' in memory, which takes at most \(byteLimit) bytes of a transfer",
      scope: .entry)
  }
}

extension MemoryDestination: Destination {
  package var outputPath: LocalPath? { nil }

  package func beginAgain() {
    state.withLock { $0 = State() }
  }

  package func check() {}

  package func open(_ settings: ReceiveSettings) -> OpenDestination {
    OpenDestination(decisions: MemoryDecisions(self), store: MemoryStore(self))
  }
}

/// Wants everything whole that there is room for.
private final class MemoryDecisions: EntryDeciding {
  private let memory: MemoryDestination

  init(_ memory: MemoryDestination) {
    self.memory = memory
  }

  func decide(_ entry: IncomingEntry, _ path: RelativePath) throws(P2PCopyError) -> EntryDecision {
    switch entry.kind {
    case .file(let byteCount): try memory.checkRoom(for: path, byteCount: byteCount)
    case .stream: try memory.checkRoom(for: path, byteCount: 0)
    case .symbolicLink(let target):
      // Nothing follows it here; but whoever writes the entries to a disk must be able to.
      try LinkTarget.check(target: target, of: path)
      try memory.checkRoom(for: path, byteCount: Int64(target.count))
    case .directory:
      try memory.checkRoom(for: path, byteCount: 0)
      return .made(path, .made)
    }
    return .whole(PlannedPlace(path))
  }

  func decide(_ entry: IncomingEntry, _ path: RelativePath, comparing digest: [UInt8]) -> EntryDecision {
    .whole(PlannedPlace(path))
  }
}

private final class MemoryStore: EntryStoring {
  private let memory: MemoryDestination

  init(_ memory: MemoryDestination) {
    self.memory = memory
  }

  func openFile(_ entry: IncomingEntry, at place: PlannedPlace, continuing start: PartialStart?) -> any EntryWriting {
    Writer(memory, place.path)
  }

  func storeFile(
    _ content: UnsafeRawBufferPointer, _ entry: IncomingEntry, at place: PlannedPlace, _ metadata: EntryMetadata?
  ) throws(P2PCopyError) -> PlacedEntry {
    let writer = Writer(memory, place.path)
    try writer.write(content, at: 0)
    return try writer.place(metadata, byteCount: Int64(content.count))
  }

  func storeLink(
    _ entry: IncomingEntry, to target: [UInt8], at place: PlannedPlace
  ) throws(P2PCopyError) -> PlacedEntry {
    try memory.reserve(target.count, for: place.path)
    do throws(P2PCopyError) {
      return try memory.add(place.path, .symbolicLink, target)
    } catch {
      memory.release(target.count)
      throw error
    }
  }

  func storeDirectory(
    _ entry: IncomingEntry, at path: RelativePath, _ origin: DirectoryOrigin
  ) throws(P2PCopyError) -> PlacedEntry {
    try memory.add(path, .directory, [])
  }

  func finish() -> [EntryFailure] { [] }

  /// A file that is not in the list before it is complete.
  private final class Writer: EntryWriting {
    private let memory: MemoryDestination
    private let path: RelativePath
    private var content: [UInt8] = []
    private var isPlaced = false

    init(_ memory: MemoryDestination, _ path: RelativePath) {
      self.memory = memory
      self.path = path
    }

    deinit {
      if !isPlaced { memory.release(content.count) }
    }

    func write(_ content: UnsafeRawBufferPointer, at offset: Int64) throws(P2PCopyError) {
      try memory.reserve(content.count, for: path)
      self.content.append(contentsOf: content)
    }

    func place(_ metadata: EntryMetadata?, byteCount: Int64) throws(P2PCopyError) -> PlacedEntry {
      let placed = try memory.add(path, .file, content)
      isPlaced = true
      return placed
    }

    func discard() {}
  }
}
