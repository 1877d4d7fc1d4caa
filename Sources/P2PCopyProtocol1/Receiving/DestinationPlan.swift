import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// Decides, when a file begins, where its bytes go: into a new partial file, on behind what is there, or nowhere.
struct DestinationPlan {
  let tree: DestinationTree
  let isResuming: Bool
  /// Whether files are completed that have their final names already.
  let completesFiles: Bool

  /// Where the bytes of an announced file go.
  ///
  /// - Throws: ``P2PCopyError`` when the session cannot go on; what concerns only this file is in the destination.
  func destination(
    for header: FileHeader, _ path: RelativePath, _ finding: ResumeScan.Finding?
  ) throws(P2PCopyError) -> IncomingChunks.Destination {
    guard header.appendFrom == 0 || (isResuming && header.appendFrom == finding?.part.byteCount) else {
      throw P2PCopyError(
        .protocolViolation,
        "the sender goes on with '\(path)' at byte \(header.appendFrom), which was never reported to it")
    }
    do throws(P2PCopyError) {
      guard let (place, directory) = try tree.place(of: path, creating: true) else { return .nowhere(.skipped) }
      guard let directory else {
        throw P2PCopyError(.internalError, "the directory of '\(path)' was not made")
      }
      var destination = PlannedPlace(place)
      if header.appendFrom > 0, let finding {
        let start = try self.start(of: finding, place, in: directory)
        if case .partialFile = finding.place {
          switch try conflict(place, in: directory) {
          case .none: break
          case .replaceable(let existing): destination.replaceable = existing
          case .outcome(let outcome): return .nowhere(outcome)
          }
        }
        return .file(try PartialFile(opening: destination, in: directory, continuing: start))
      } else if isResuming, header.byteCount == 0, isEmptyFile(place, in: directory) {
        return .nowhere(.complete(place))
      } else {
        switch try conflict(place, in: directory) {
        case .none: break
        case .replaceable(let existing): destination.replaceable = existing
        case .outcome(let outcome): return .nowhere(outcome)
        }
      }
      return .file(try PartialFile(opening: destination, in: directory))
    } catch {
      guard error.scope == .entry else { throw error }
      return .nowhere(.failed(error))
    }
  }

  /// What the conflict policy says about a name.
  enum Conflict {
    /// The file can be received.
    case none
    /// It can, and takes the place of this.
    case replaceable(FileStatus)
    /// It cannot.
    case outcome(IncomingChunks.Outcome)
  }

  /// What the conflict policy says when something of that name exists.
  func conflict(_ path: RelativePath, in directory: DirectoryHandle) throws(P2PCopyError) -> Conflict {
    guard let existing = try directory.status(of: path) else { return .none }
    guard !tree.takenNames.hasPlaced(existing, at: path) else { return .outcome(.failed(.sameName(path))) }
    switch tree.takenNames.policy {
    case .rename: return .none
    case .skip: return .outcome(.skipped)
    case .overwrite where existing.kind != .directory: return .replaceable(existing)
    case .overwrite:
      return .outcome(
        .failed(
          P2PCopyError(
            .destinationExists, "'\(path)' is a directory here and a file at the sender", remedy: .renameConflicts,
            scope: .entry)))
    case .fail: return .outcome(.failed(.destinationExists(path)))
    }
  }

  /// Whether an empty file of that name exists: it is what was sent, though a receiver never reports empty files.
  func isEmptyFile(_ path: RelativePath, in directory: DirectoryHandle) -> Bool {
    guard let status = try? directory.status(of: path.name) else { return false }
    return status.kind == .regular && status.byteCount == 0
  }

  /// What to go on with. A file that is a proven beginning of the new one becomes its partial file, so that it is not seen
  /// half-done under its final name; not without leave, for what the user has is neither appended to nor taken away.
  private func start(
    of finding: ResumeScan.Finding, _ place: RelativePath, in directory: DirectoryHandle
  ) throws(P2PCopyError) -> PartialStart {
    let version: FileStatus.Version
    switch finding.place {
    case .partialFile(let start): return start
    case .finalName(let found): version = found
    }
    guard completesFiles, finding.path == place else { throw .destinationExists(finding.path) }
    do {
      guard let status = try directory.status(of: place.name), status.linkCount == 1, status.version == version else {
        throw P2PCopyError(
          .destinationUnwritable, "'\(place)' changed while the transfer began", remedy: .runAgain,
          scope: .entry)
      }
      let name = try directory.freePartialName(for: place.name)
      try directory.renameWithoutReplacing(place.name, to: name)
      return PartialStart(name: name, version: version)
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(
        .destinationUnwritable, "cannot continue '\(place)': \(error)",
        scope: (error as? SystemError)?.writingScope ?? .entry, cause: error)
    }
  }
}
