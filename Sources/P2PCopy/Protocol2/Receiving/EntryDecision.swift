import Glibc
import P2PCopyCore

/// Decides what is wanted of an entry by what is there.
///
/// Looks only at entries that the sender named, only inside the output directory, never through a link, and tells the
/// sender the digest of a partial file only: of other files it learns whether they equal its own.
///
/// Used by the answering task alone.
final class EntryDecision {
  /// What is wanted.
  enum Plan {
    /// All of it.
    case expected
    /// What follows the partial file, whose digest this is.
    case continues(PartialStart, digest: [UInt8], DigestContexts.Loan)
    /// Nothing, if the sender's digest is that of the file that is there.
    case check
    /// Nothing: it is there.
    case unchanged(DeliveredEntry)
    /// Nothing: something else is there and stays.
    case skipped
  }

  private let settings: ReceiveSettings
  /// Missing when everything goes to standard output.
  private let output: OutputDirectory?
  private var hasFileForStandardOutput = false

  init(settings: ReceiveSettings, output: OutputDirectory?) {
    self.settings = settings
    self.output = output
  }

  /// The plan for an entry of a new page.
  ///
  /// - Throws: ``P2PCopyError``: the entry is refused for that reason; or, with code ``P2PCopyError/Code/cancelled``, the
  ///   session is over.
  func plan(for entry: IncomingEntry) throws(P2PCopyError) -> Plan {
    guard let path = entry.path else {
      throw entry.refusal ?? P2PCopyError(.internalError, "a name was refused without a reason")
    }
    guard let output else { return try planForStandardOutput(entry) }
    switch entry.kind {
    case .directory: return .expected
    case .symbolicLink(let target):
      try LinkTarget.check(target: target, of: path)
      return try plan(for: entry, link: path, target, in: output)
    case .file(let byteCount): return try plan(forFile: path, byteCount, in: output)
    case .stream: return try plan(forFile: path, nil, in: output)
    }
  }

  /// The plan for a file that is there, now that the sender's digest is known.
  ///
  /// - Parameters:
  ///   - entry: The file.
  ///   - digest: The sender's digest; empty when the sender could not read the file, and says so in its place.
  /// - Returns: What is wanted.
  /// - Throws: As ``plan(for:)``.
  func plan(for entry: IncomingEntry, comparing digest: [UInt8]) throws(P2PCopyError) -> Plan {
    guard let output, let path = entry.path, !digest.isEmpty else { return .expected }
    settings.monitor.emit(.checking(path: path.description))
    guard let directory = try output.directory(of: path, creating: false),
      let existing = try status(of: path, in: directory)
    else { return .expected }
    if let (ownDigest, byteCount) = try self.digest(of: path, in: directory), ownDigest == digest {
      return .unchanged(entry.delivered(digest: digest, byteCount: byteCount, metadata: entry.metadata))
    }
    return try conflict(path, existing)
  }

  private func planForStandardOutput(_ entry: IncomingEntry) throws(P2PCopyError) -> Plan {
    switch entry.kind {
    case .file, .stream:
      guard !hasFileForStandardOutput else {
        throw P2PCopyError(.usage, "standard output takes one file; '\(entry.shown)' is another one")
      }
      hasFileForStandardOutput = true
      return .expected
    case .directory, .symbolicLink:
      throw P2PCopyError(.usage, "standard output takes one file; '\(entry.shown)' is none")
    }
  }

  private func plan(
    for entry: IncomingEntry, link path: RelativePath, _ target: [UInt8], in output: OutputDirectory
  ) throws(P2PCopyError) -> Plan {
    guard let directory = try output.directory(of: path, creating: false),
      let existing = try status(of: path, in: directory)
    else { return .expected }
    if existing.kind == .symbolicLink, settings.wantsResume, directory.linkTarget(of: path.name) == target {
      return .unchanged(entry.delivered(digest: [], byteCount: 0, metadata: entry.metadata))
    }
    return try conflict(path, existing)
  }

  private func plan(
    forFile path: RelativePath, _ byteCount: Int64?, in output: OutputDirectory
  ) throws(P2PCopyError) -> Plan {
    guard let directory = try output.directory(of: path, creating: false) else { return .expected }
    if let existing = try status(of: path, in: directory) {
      let mayBeTheSame =
        settings.wantsResume && settings.conflictPolicy != .skip && existing.kind == .regular
        && existing.byteCount == byteCount
      return mayBeTheSame ? .check : try conflict(path, existing)
    }
    guard settings.wantsResume, let byteCount, byteCount > 0 else { return .expected }
    return try partialFile(of: path, byteCount, in: directory) ?? .expected
  }

  private func status(of path: RelativePath, in directory: DirectoryHandle) throws(P2PCopyError) -> FileStatus? {
    do {
      return try directory.status(of: path.name)
    } catch {
      throw P2PCopyError(.destinationUnwritable, "cannot look at '\(path)': \(error)", cause: error)
    }
  }

  /// What the conflict policy says about something that is there.
  private func conflict(_ path: RelativePath, _ existing: FileStatus) throws(P2PCopyError) -> Plan {
    switch settings.conflictPolicy {
    case .rename: return .expected
    case .overwrite where existing.kind != .directory: return .expected
    case .overwrite:
      throw P2PCopyError(.destinationExists, "'\(path)' is a directory here and none at the sender")
    case .skip: return .skipped
    case .fail: throw .destinationExists(path)
    }
  }

  /// The partial file of an earlier transfer, if it could be the beginning of what is to come.
  private func partialFile(
    of path: RelativePath, _ byteCount: Int64, in directory: DirectoryHandle
  ) throws(P2PCopyError) -> Plan? {
    do {
      guard let start = try directory.leftPartialFile(of: path.name),
        (1...byteCount).contains(start.version.byteCount)
      else { return nil }
      let descriptor = try FileDescriptor(
        opening: start.name, relativeTo: directory.descriptor.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      settings.monitor.emit(.checking(path: path.description))
      // A context cannot be looked at without ending it: one for the answer, one that goes on with what is to come.
      let loan = try settings.digests.borrow()
      let answering = try settings.digests.borrow()
      let covered = try FileDigest.update(
        [answering.context, loan.context], over: descriptor, byteCount: start.version.byteCount)
      let digest = try answering.context.finish()
      settings.digests.giveBack(answering)
      // What was read is this version only if it still is when everything is read.
      guard covered == start.version.byteCount, try descriptor.status().version == start.version else {
        return nil
      }
      return .continues(start, digest: digest, loan)
    } catch let error as P2PCopyError {
      throw error
    } catch is CancellationError {
      throw P2PCopyError(.cancelled, "interrupted")
    } catch {
      // What cannot be read cannot be continued: it comes whole.
      return nil
    }
  }

  /// The digest of a file that is there; `nil` when it cannot be read.
  private func digest(
    of path: RelativePath, in directory: DirectoryHandle
  ) throws(P2PCopyError) -> (digest: [UInt8], byteCount: Int64)? {
    do {
      let descriptor = try FileDescriptor(
        opening: Array(path.name), relativeTo: directory.descriptor.number,
        flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      let status = try descriptor.status()
      guard status.kind == .regular else { return nil }
      let loan = try settings.digests.borrow()
      let byteCount = try FileDigest.update([loan.context], over: descriptor, byteCount: status.byteCount)
      let digest = try loan.context.finish()
      settings.digests.giveBack(loan)
      return (digest, byteCount)
    } catch let error as P2PCopyError {
      throw error
    } catch is CancellationError {
      throw P2PCopyError(.cancelled, "interrupted")
    } catch {
      return nil
    }
  }
}
