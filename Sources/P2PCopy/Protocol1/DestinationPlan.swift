import P2PCopyCore

/// Decides, when a file begins, where its bytes go: into a new partial file, on behind what is there, or nowhere.
struct DestinationPlan {
  let output: OutputDirectory
  let conflictPolicy: ConflictPolicy
  let isResuming: Bool

  /// Where the bytes of an announced file go.
  ///
  /// - Throws: ``P2PCopyError`` when the session cannot go on; what concerns only this file is in the destination.
  func destination(
    for header: FileHeader, _ path: RelativePath, _ finding: ResumeScan.Finding?
  ) throws(P2PCopyError) -> FileDownload.Destination {
    guard header.appendFrom == 0 || (isResuming && header.appendFrom == finding?.part.byteCount) else {
      throw P2PCopyError(
        .protocolViolation,
        "the sender goes on with '\(path)' at byte \(header.appendFrom), which was never reported to it")
    }
    do throws(P2PCopyError) {
      guard let directory = try output.directory(of: path, creating: true) else {
        throw P2PCopyError(.internalError, "the directory of '\(path)' was not made")
      }
      if header.appendFrom > 0, let finding {
        return .file(
          try PartialFile(
            opening: path, in: directory, continuing: try start(of: finding.place, path, in: directory)))
      } else if isResuming, header.byteCount == 0, isEmptyFile(path, in: directory) {
        return .nowhere(.complete)
      } else if let outcome = try conflict(path, in: directory) {
        return .nowhere(outcome)
      }
      return .file(try PartialFile(opening: path, in: directory))
    } catch {
      guard let cause = error.cause as? SystemError, cause.endsAllWriting else { return .nowhere(.failed(error)) }
      throw error
    }
  }

  /// What the conflict policy says when something of that name exists; `nil` when the file can be received.
  private func conflict(_ path: RelativePath, in directory: DirectoryHandle) throws(P2PCopyError)
    -> FileDownload.Outcome?
  {
    let existing: FileStatus?
    do {
      existing = try directory.status(of: path.name)
    } catch {
      throw P2PCopyError(.destinationUnwritable, "cannot look at '\(path)': \(error)", cause: error)
    }
    guard let existing else { return nil }
    switch conflictPolicy {
    case .rename: return nil
    case .skip: return .skipped
    case .overwrite where existing.kind != .directory: return nil
    case .overwrite:
      return .failed(P2PCopyError(.destinationExists, "'\(path)' is a directory here and a file at the sender"))
    case .fail: return .failed(.destinationExists(path))
    }
  }

  /// Whether an empty file of that name exists: it is what was sent, though a receiver never reports empty files.
  func isEmptyFile(_ path: RelativePath, in directory: DirectoryHandle) -> Bool {
    guard let status = try? directory.status(of: path.name) else { return false }
    return status.kind == .regular && status.byteCount == 0
  }

  /// What to go on with. A file that is a proven beginning of the new one becomes its partial file, so that it is not seen
  /// half-done under its final name.
  private func start(
    of place: ResumeScan.Place, _ path: RelativePath, in directory: DirectoryHandle
  ) throws(P2PCopyError) -> PartialStart {
    let version: FileStatus.Version
    switch place {
    case .partialFile(let start): return start
    case .finalName(let found): version = found
    }
    do {
      guard let status = try directory.status(of: path.name), status.linkCount == 1, status.version == version else {
        throw P2PCopyError(.destinationUnwritable, "'\(path)' changed while the transfer began; try again")
      }
      let name = try directory.freePartialName(for: path.name)
      try directory.renameWithoutReplacing(path.name, to: name)
      return PartialStart(name: name, version: version)
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.destinationUnwritable, "cannot continue '\(path)': \(error)", cause: error)
    }
  }
}
