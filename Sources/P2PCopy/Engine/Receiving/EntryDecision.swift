import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Decides what is wanted of an entry by what is there, and makes directories.
///
/// Looks only at entries that the sender named, only inside the output directory, never through a link, and tells the
/// sender the digest of a partial file only: of other files it learns whether they equal its own.
///
/// Used by the answering task alone.
final class EntryDecision {
  /// What is wanted.
  enum Plan {
    /// All of it, for this place; without one for standard output.
    case expected(Destination?)
    /// What follows the partial file, whose digest this is.
    case continues(Destination, PartialStart, digest: [UInt8], DigestContexts.Loan)
    /// Nothing, if the sender's digest is that of a file that is there.
    case check
    /// Nothing: the directory is there now.
    case made(RelativePath, DirectoryOrigin)
    /// Nothing: it is there.
    case unchanged(DeliveredEntry)
    /// Nothing: something else is there and stays.
    case skipped
  }

  private let settings: ReceiveSettings
  /// Missing when everything goes to standard output.
  private let tree: DestinationTree?
  private let existing: ExistingFiles
  private var hasFileForStandardOutput = false

  init(settings: ReceiveSettings, output: OutputDirectory?) {
    self.settings = settings
    let monitor = settings.monitor
    tree = output.map {
      DestinationTree(output: $0, takenNames: settings.takenNames) { monitor.rename($0, to: $1) }
    }
    existing = ExistingFiles(digests: settings.digests)
  }

  private var policy: ConflictPolicy { settings.takenNames.policy }

  /// The plan for an entry of a new page.
  ///
  /// - Throws: ``P2PCopyError``: the entry is refused for that reason; or, with code ``P2PCopyError/Code/cancelled``, the
  ///   session is over.
  func plan(for entry: IncomingEntry) throws(P2PCopyError) -> Plan {
    guard let path = entry.path else {
      throw entry.refusal ?? P2PCopyError(.internalError, "a name was refused without a reason")
    }
    guard let tree else { return try planForStandardOutput(entry) }
    switch entry.kind {
    case .directory:
      let made = try tree.makeDirectory(path, mode: settings.keepsMetadata ? entry.metadata?.mode : nil)
      return made.map { .made($0.path, $0.origin) } ?? .skipped
    case .symbolicLink(let target):
      try LinkTarget.check(target: target, of: path)
      return try plan(for: entry, link: path, target, in: tree)
    case .file(let byteCount): return try plan(forFile: path, byteCount, in: tree)
    case .stream: return try plan(forFile: path, nil, in: tree)
    }
  }

  /// The plan for a file of the same size as one that is there, now that the sender's digest is known.
  ///
  /// - Parameters:
  ///   - entry: The file.
  ///   - digest: The sender's digest; empty when the sender could not read the file, and says so in its place.
  /// - Returns: What is wanted.
  /// - Throws: As ``plan(for:)``.
  func plan(for entry: IncomingEntry, comparing digest: [UInt8]) throws(P2PCopyError) -> Plan {
    guard let tree, let path = entry.path, case .file(let byteCount) = entry.kind else { return .expected(nil) }
    guard let (place, directory) = try tree.place(of: path, creating: false) else { return .skipped }
    guard !digest.isEmpty, let directory, let status = try directory.status(of: place) else {
      return .expected(Destination(place))
    }
    settings.monitor.emit(.checking(path: place.description))
    if let file = try existing.file(place, directory, digest: digest) {
      return .unchanged(delivered(entry, file, at: place, digest: digest))
    }
    if policy == .rename,
      let (found, file) = try existing.numbered(place, directory, byteCount: byteCount, digest: digest)
    {
      return .unchanged(delivered(entry, file, at: found, digest: digest))
    }
    return try conflict(place, status)
  }

  private func delivered(
    _ entry: IncomingEntry, _ status: FileStatus, at place: RelativePath, digest: [UInt8] = []
  ) -> DeliveredEntry {
    let byteCount = status.kind == .regular ? status.byteCount : 0
    return entry.delivered(digest: digest, byteCount: byteCount, PlacedEntry(path: place, metadata: status.metadata))
  }

  private func planForStandardOutput(_ entry: IncomingEntry) throws(P2PCopyError) -> Plan {
    switch entry.kind {
    case .file, .stream:
      guard !hasFileForStandardOutput else {
        throw P2PCopyError(
          .usage, "standard output takes one file; '\(entry.shown)' is another one", scope: .entry)
      }
      hasFileForStandardOutput = true
      return .expected(nil)
    case .directory, .symbolicLink:
      throw P2PCopyError(.usage, "standard output takes one file; '\(entry.shown)' is none", scope: .entry)
    }
  }

  private func plan(
    for entry: IncomingEntry, link path: RelativePath, _ target: [UInt8], in tree: DestinationTree
  ) throws(P2PCopyError) -> Plan {
    guard let (place, directory) = try tree.place(of: path, creating: true) else { return .skipped }
    guard let directory, let status = try directory.status(of: place) else { return .expected(Destination(place)) }
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

  private func plan(
    forFile path: RelativePath, _ byteCount: Int64?, in tree: DestinationTree
  ) throws(P2PCopyError) -> Plan {
    guard let (place, directory) = try tree.place(of: path, creating: true) else { return .skipped }
    guard let directory else { return .expected(Destination(place)) }
    if let status = try directory.status(of: place) {
      guard settings.wantsResume, policy != .skip, let byteCount else { return try conflict(place, status) }
      var mayBeTheSame = status.kind == .regular && status.byteCount == byteCount
      if !mayBeTheSame, policy == .rename {
        mayBeTheSame = try existing.hasNumbered(place, directory, byteCount: byteCount)
      }
      return mayBeTheSame ? .check : try conflict(place, status)
    }
    guard settings.wantsResume, let byteCount, byteCount > 0 else { return .expected(Destination(place)) }
    return try partialFile(of: place, byteCount, in: directory) ?? .expected(Destination(place))
  }

  /// What the conflict policy says about something that is there.
  private func conflict(_ path: RelativePath, _ existing: FileStatus) throws(P2PCopyError) -> Plan {
    guard !settings.takenNames.hasPlaced(existing, at: path) else { throw .sameName(path) }
    switch policy {
    case .rename: return .expected(Destination(path))
    case .overwrite where existing.kind != .directory: return .expected(Destination(path, replacing: existing))
    case .overwrite:
      throw P2PCopyError(
        .destinationExists, "'\(path)' is a directory here and none at the sender", remedy: .renameConflicts,
        scope: .entry)
    case .skip: return .skipped
    case .fail: throw .destinationExists(path)
    }
  }

  /// The partial file of an earlier transfer, if it could be the beginning of what is to come. One that cannot be read
  /// cannot be continued: the file comes whole.
  private func partialFile(
    of path: RelativePath, _ byteCount: Int64, in directory: DirectoryHandle
  ) throws(P2PCopyError) -> Plan? {
    try ExistingFiles.unlessUnreadable {
      guard let start = try directory.leftPartialFile(of: path.name),
        (1...byteCount).contains(start.version.byteCount)
      else { return nil }
      let descriptor = try directory.openFile(start.name)
      settings.monitor.emit(.checking(path: path.description))
      let loan = try settings.digests.borrow()
      let covered = try FileDigest.update(loan.context, over: descriptor, byteCount: start.version.byteCount)
      // A copy ends for the answer; the context itself goes on with what is to come.
      let digest = try loan.context.copy().finish()
      // What was read is this version only if it still is when everything is read.
      guard covered == start.version.byteCount, try descriptor.status().version == start.version else {
        return nil
      }
      return .continues(Destination(path), start, digest: digest, loan)
    }
  }
}
