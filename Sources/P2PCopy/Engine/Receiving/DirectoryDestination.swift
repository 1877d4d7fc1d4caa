import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// A directory that everything goes below.
struct DirectoryDestination: Destination {
  let path: LocalPath

  private let made = MadeDirectories()
  private let journal = JournalKeeper()
  /// When the transfer began, in seconds since 1970.
  private let beginning = time(nil)

  init(path: LocalPath) {
    self.path = path
  }

  var outputPath: LocalPath? { path }

  func check() throws(P2PCopyError) {
    _ = try OutputDirectory(path: path)
  }

  func open(_ settings: ReceiveSettings) throws(P2PCopyError) -> OpenDestination {
    // Opened by its path once, so that all tasks mean the same directory whatever becomes of that.
    let output = try OutputDirectory(path: path)
    let takenNames = TakenNames(
      settings.conflictPolicy, in: try OutputDirectory(sharing: output), recordsMetadata: settings.recordsMetadata,
      recordsStatus: settings.keepsJournal)
    let deciding = try OutputDirectory(sharing: output)
    return OpenDestination(
      decisions: DirectoryDecisions(
        settings, output: deciding, takenNames, made,
        QuickCheck(settings, journal, output: deciding, beginning: beginning)),
      store: DirectoryStore(
        settings, output: output, takenNames, QuickCheck(settings, journal, output: output, beginning: beginning),
        journal),
      partials: PartialStore(try OutputDirectory(sharing: output)),
      checkpoints: settings.keepsJournal
        ? JournalCheckpoints(journal, output: try OutputDirectory(sharing: output)) : nil)
  }

  /// Makes sure, as far as that is possible, that what is there outlasts the machine as well.
  ///
  /// - Throws: ``P2PCopyError``: it may not.
  func checkpoint() throws(P2PCopyError) {
    try journal.synchronize(OutputDirectory(path: path))
  }
}

/// The directories that a transfer has made, so that they count as its own also when it begins again with a sender that was
/// started again: one that was there before keeps its mode and times.
///
/// Of each path there is a hash only, by a key of this process that no sender knows.
final class MadeDirectories: Sendable {
  private let hashes = Mutex<Set<Int>>([])

  /// Whether a directory is the transfer's own.
  ///
  /// - Parameters:
  ///   - path: Its name.
  ///   - origin: Whether it was just made.
  /// - Returns: The same; a directory that was found and was made before counts as made.
  func origin(of path: RelativePath, _ origin: DirectoryOrigin) -> DirectoryOrigin {
    var hasher = Hasher()
    hasher.combine(path)
    let hash = hasher.finalize()
    return hashes.withLock { hashes in
      switch origin {
      case .made:
        hashes.insert(hash)
        return .made
      case .found: return hashes.contains(hash) ? .made : .found
      }
    }
  }
}

/// Writes into an output directory.
private final class DirectoryStore: EntryStoring {
  private let settings: ReceiveSettings
  private let output: OutputDirectory
  private let takenNames: TakenNames
  private let quickCheck: QuickCheck
  private let journal: JournalKeeper
  private var ledger = DirectoryLedger()

  init(
    _ settings: ReceiveSettings, output: OutputDirectory, _ takenNames: TakenNames, _ quickCheck: QuickCheck,
    _ journal: JournalKeeper
  ) {
    self.settings = settings
    self.output = output
    self.takenNames = takenNames
    self.quickCheck = quickCheck
    self.journal = journal
  }

  func remember(_ placed: PlacedEntry, digest: [UInt8]) {
    if let status = placed.status { quickCheck.remember(placed.path, status, digest: digest) }
  }

  func openFile(
    _ entry: IncomingEntry, at place: PlannedPlace, continuing start: PartialStart?
  ) throws(P2PCopyError) -> any EntryWriting {
    let file = try PartialFile(
      opening: place, in: directory(of: place), continuing: start,
      mode: settings.keepsMetadata ? entry.metadata?.mode ?? 0o666 : 0o666)
    return Writer(file, settings, takenNames)
  }

  func storeFile(
    _ content: UnsafeRawBufferPointer, _ entry: IncomingEntry, at place: PlannedPlace, _ metadata: EntryMetadata?
  ) throws(P2PCopyError) -> PlacedEntry {
    try SmallFile.place(
      content, at: place, in: directory(of: place), metadata: metadata, keepingSetID: settings.keepsSetID, takenNames)
  }

  func storeLink(
    _ entry: IncomingEntry, to target: [UInt8], at place: PlannedPlace
  ) throws(P2PCopyError) -> PlacedEntry {
    try directory(of: place).createSymbolicLink(
      to: target, at: place, metadata: settings.keepsMetadata ? entry.metadata : nil, takenNames)
  }

  func storeDirectory(
    _ entry: IncomingEntry, at path: RelativePath, _ origin: DirectoryOrigin
  ) throws(P2PCopyError) -> PlacedEntry {
    var metadata = settings.keepsMetadata ? entry.metadata : nil
    if origin == .found, takenNames.policy != .overwrite { metadata = nil }
    if let metadata { ledger.record(path, metadata, origin) }
    guard takenNames.recordsMetadata else { return PlacedEntry(path: path) }
    // What it will have in the end. The time of one that keeps its own is not known before.
    let directory = try output.existingDirectory(path)
    do throws(SystemError) {
      let status = try directory.descriptor.status()
      var expected = metadata ?? status.metadata
      expected.mode =
        metadata?.permissions(of: status, origin: origin, keepingSetID: settings.keepsSetID) ?? status.permissions
      return PlacedEntry(path: path, metadata: expected, hasLastingTime: metadata != nil)
    } catch {
      throw PartialFile.explain(error, path)
    }
  }

  func finish() throws(P2PCopyError) -> [EntryFailure] {
    let failures = ledger.apply(in: output, keepingSetID: settings.keepsSetID) { path, refusal in
      settings.monitor.take(refusal, of: .directory, path.description)
    }
    try journal.synchronize(output)
    return failures
  }

  private func directory(of place: PlannedPlace) throws(P2PCopyError) -> DirectoryHandle {
    guard let directory = try output.directory(of: place.path, creating: true) else {
      throw P2PCopyError(.internalError, "the directory of '\(place.path)' was not made; please report it")
    }
    return directory
  }

  /// A partial file until it has its name.
  private final class Writer: EntryWriting {
    private let file: PartialFile
    private let settings: ReceiveSettings
    private let takenNames: TakenNames

    init(_ file: PartialFile, _ settings: ReceiveSettings, _ takenNames: TakenNames) {
      self.file = file
      self.settings = settings
      self.takenNames = takenNames
    }

    func write(_ content: UnsafeRawBufferPointer, at offset: Int64) throws(P2PCopyError) {
      try file.write(content, at: offset)
    }

    func place(_ metadata: EntryMetadata?, byteCount: Int64) throws(P2PCopyError) -> PlacedEntry {
      try file.place(takenNames, byteCount: byteCount, metadata: metadata, keepingSetID: settings.keepsSetID)
    }

    func digest(_ byteCount: Int64, _ digests: DigestContexts) throws(P2PCopyError) -> [UInt8]? {
      let loan = try digests.borrow()
      let covered = try file.digest(byteCount, loan.context)
      let digest = try loan.context.finish()
      digests.giveBack(loan)
      return covered == byteCount ? digest : nil
    }

    func leave() -> PartialStart? { file.leave() }

    func discard() { file.discard() }
  }
}

/// Finds partial files below an output directory.
private final class PartialStore: PartialStoring {
  private let output: OutputDirectory

  init(_ output: OutputDirectory) {
    self.output = output
  }

  func open(_ place: PlannedPlace, _ start: PartialStart) throws -> OpenPartial? {
    guard let directory = try output.directory(of: place.path, creating: false) else { return nil }
    let descriptor = try directory.openFile(start.name)
    let status = try descriptor.status()
    guard status.kind == .regular, status.identity == start.version.identity else { return nil }
    return OpenPartial(descriptor)
  }
}
