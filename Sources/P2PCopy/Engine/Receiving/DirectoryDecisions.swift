import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Decides what is wanted of an entry by what is in the output directory, and makes directories there.
///
/// Looks only at entries that the sender named, only inside the output directory, never through a link, and tells the
/// sender the digests of partial files only: of other files it learns whether they equal its own.
final class DirectoryDecisions: EntryDeciding {
  private let settings: ReceiveSettings
  private let tree: DestinationTree
  private let existing: ExistingFiles
  private let made: MadeDirectories
  private let quickCheck: QuickCheck

  init(
    _ settings: ReceiveSettings, output: OutputDirectory, _ takenNames: TakenNames, _ made: MadeDirectories,
    _ quickCheck: QuickCheck
  ) {
    self.settings = settings
    self.made = made
    self.quickCheck = quickCheck
    let monitor = settings.monitor
    tree = DestinationTree(output: output, takenNames: takenNames) { monitor.rename($0, to: $1) }
    existing = ExistingFiles(digests: settings.digests)
  }

  private var policy: ConflictPolicy { tree.takenNames.policy }

  func decide(_ entry: IncomingEntry, _ path: RelativePath) throws(P2PCopyError) -> EntryDecision {
    switch entry.kind {
    case .directory:
      guard
        let (place, origin) = try tree.makeDirectory(path, mode: settings.keepsMetadata ? entry.metadata?.mode : nil)
      else { return .skipped }
      return .made(place, made.origin(of: place, origin))
    case .symbolicLink(let target):
      try LinkTarget.check(target: target, of: path)
      return try decide(entry, link: path, target)
    case .file(let byteCount): return try decide(entry, file: path, byteCount)
    case .stream: return try decide(entry, file: path, nil)
    }
  }

  func decide(
    _ entry: IncomingEntry, _ path: RelativePath, comparing digest: [UInt8]
  ) throws(P2PCopyError) -> EntryDecision {
    guard case .file(let byteCount) = entry.kind else {
      throw P2PCopyError(.internalError, "'\(path)' is no file, and was compared; please report it")
    }
    guard let (place, directory) = try tree.place(of: path, creating: false) else { return .skipped }
    guard !digest.isEmpty, let directory, let status = try directory.status(of: place) else {
      return .whole(PlannedPlace(place))
    }
    settings.monitor.emit(.checking(path: EntryPath(place)))
    if let file = try existing.file(place, directory, digest: digest) {
      quickCheck.remember(entry, place, file, digest: digest)
      return .unchanged(delivered(entry, file, at: place, digest: digest))
    }
    if policy == .rename,
      let (found, file) = try existing.numbered(place, directory, byteCount: byteCount, digest: digest)
    {
      return .unchanged(delivered(entry, file, at: found, digest: digest))
    }
    return try conflict(place, status)
  }

  var room: Int64? { tree.output.room }

  func roomTaken(by byteCount: Int64, at place: PlannedPlace, continuing isContinued: Bool) -> Int64 {
    tree.output.roomTaken(by: byteCount, at: place, continuing: isContinued)
  }

  private func delivered(
    _ entry: IncomingEntry, _ status: FileStatus, at place: RelativePath, digest: [UInt8] = []
  ) -> DeliveredEntry {
    let byteCount = status.kind == .regular ? status.byteCount : 0
    return entry.delivered(digest: digest, byteCount: byteCount, PlacedEntry(path: place, metadata: status.metadata))
  }

  private func decide(
    _ entry: IncomingEntry, link path: RelativePath, _ target: [UInt8]
  ) throws(P2PCopyError) -> EntryDecision {
    guard let (place, directory) = try tree.place(of: path, creating: true) else { return .skipped }
    guard let directory, let status = try directory.status(of: place) else { return .whole(PlannedPlace(place)) }
    if settings.wantsResume {
      if status.kind == .symbolicLink, directory.linkTarget(of: place.name) == target {
        return .unchanged(delivered(entry, status, at: place))
      }
      if policy == .rename, let (found, link) = try existing.numberedLink(place, directory, target: target) {
        return .unchanged(delivered(entry, link, at: found))
      }
    }
    return try conflict(place, status)
  }

  private func decide(
    _ entry: IncomingEntry, file path: RelativePath, _ byteCount: Int64?
  ) throws(P2PCopyError) -> EntryDecision {
    guard let (place, directory) = try tree.place(of: path, creating: true) else { return .skipped }
    guard let directory else { return .whole(PlannedPlace(place)) }
    if let status = try directory.status(of: place) {
      guard settings.wantsResume, policy != .skip, let byteCount else { return try conflict(place, status) }
      if quickCheck.isComplete(entry, at: place, status) {
        return .completeByTimes(delivered(entry, status, at: place))
      }
      var mayBeTheSame = status.kind == .regular && status.byteCount == byteCount
      if !mayBeTheSame, policy == .rename {
        mayBeTheSame = try existing.hasNumbered(place, directory, byteCount: byteCount)
      }
      return mayBeTheSame ? .check : try conflict(place, status)
    }
    // No earlier transfer left anything in a directory that this one has made.
    guard settings.wantsResume, !directory.isNew, let byteCount, byteCount > 0 else {
      return .whole(PlannedPlace(place))
    }
    return try partialFile(of: place, byteCount, in: directory) ?? .whole(PlannedPlace(place))
  }

  /// What the conflict policy says about something that is there.
  private func conflict(_ path: RelativePath, _ existing: FileStatus) throws(P2PCopyError) -> EntryDecision {
    guard !tree.takenNames.hasPlaced(existing, at: path) else { throw .sameName(path) }
    switch policy {
    case .rename: return .whole(PlannedPlace(path))
    case .overwrite where existing.kind != .directory: return .whole(PlannedPlace(path, replacing: existing))
    case .overwrite:
      throw P2PCopyError(
        .destinationExists, "'\(path)' is a directory here and none at the sender", remedy: .renameConflicts,
        scope: .entry)
    case .skip: return .skipped
    case .fail: throw .destinationExists(path)
    }
  }

  /// The partial file of an earlier transfer, if it could be the beginning of what is to come: as many whole chunks of it as
  /// there are, or all of it. One that cannot be read cannot be continued: the file comes whole.
  private func partialFile(
    of path: RelativePath, _ byteCount: Int64, in directory: DirectoryHandle
  ) throws(P2PCopyError) -> EntryDecision? {
    try ExistingFiles.unlessUnreadable {
      guard let start = try directory.leftPartialFile(of: path.name) else { return nil }
      var present = start.version.byteCount
      if present < byteCount { present -= present % Int64(settings.chunkByteCount) }
      guard (1...byteCount).contains(present) else { return nil }
      // Whether it can be read.
      _ = try directory.openFile(start.name)
      let table = ChunkTable(digestByteCount: settings.digests.digest.byteCount)
      return .rest(PlannedPlace(path), PartialContent(start: start, byteCount: present, table: table))
    }
  }
}
