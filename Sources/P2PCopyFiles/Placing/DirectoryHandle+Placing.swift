package import P2PCopyCore
import P2PCopyPlatform

extension DirectoryHandle {
  /// Gives something complete, which has a partial file's name so far, its own name.
  ///
  /// Under ``ConflictPolicy/overwrite`` only what was there when it was planned is replaced. That is looked at just before
  /// the name changes hands: tasks and sessions of one transfer take turns, another program that puts something there
  /// between these two system calls loses it, as it would have a moment before.
  ///
  /// - Parameters:
  ///   - name: The partial file's name.
  ///   - status: What has that name.
  ///   - destination: What it is to become; its parent is this directory.
  ///   - takenNames: What to do when something of that name exists.
  /// - Returns: Its path, whose last component differs from the planned one under ``ConflictPolicy/rename``.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when something is there that the policy
  ///   does not allow to replace, otherwise ``P2PCopyError/Code/destinationUnwritable``; what had the partial name has it
  ///   still.
  package func place(
    _ name: [UInt8], _ status: FileStatus, at destination: PlannedPlace, _ takenNames: TakenNames
  ) throws(P2PCopyError) -> RelativePath {
    let path = destination.path
    var isInOwnWay = false
    do throws(SystemError) {
      return try takenNames.put(status, at: path) { (isPlaced) throws(SystemError) in
        do throws(SystemError) {
          switch takenNames.policy {
          case .overwrite: return try replace(name, destination, isPlaced)
          case .fail, .skip:
            try renameWithoutReplacing(name, to: path.name)
            return path
          case .rename: return try renameToFreeName(name, path, takenNames)
          }
        } catch {
          if error.isConflict, let existing = try self.status(of: path.name) { isInOwnWay = isPlaced(existing) }
          throw error
        }
      }
    } catch {
      guard error.isConflict else { throw PartialFile.explain(error, path) }
      throw isInOwnWay ? P2PCopyError.sameName(path) : .destinationExists(path)
    }
  }

  private func replace(
    _ name: [UInt8], _ destination: PlannedPlace, _ isPlaced: (FileStatus) -> Bool
  ) throws(SystemError) -> RelativePath {
    let path = destination.path
    if let replaceable = destination.replaceable, let existing = try status(of: path.name) {
      guard existing.isSame(as: replaceable), !isPlaced(existing) else { throw SystemError(number: EEXIST) }
      try rename(name, replacing: path.name)
    } else {
      try renameWithoutReplacing(name, to: path.name)
    }
    return path
  }

  /// Removes what an earlier transfer left under a partial file's name.
  ///
  /// - Parameter name: The partial file's name.
  /// - Throws: ``SystemError`` with `EAGAIN` when another receiver is writing it.
  func removeLeftover(_ name: [UInt8]) throws(SystemError) {
    if let status = try status(of: name), status.kind == .regular {
      do {
        let leftover = try openFile(name)
        try leftover.lock()
        // Removed while it is locked: whoever opens it now finds out.
        try remove(name)
        return
      } catch {
        // One that cannot be opened is nobody's: receivers can open what they write.
        guard error.number == EACCES || error.number == ENOENT || error.number == ELOOP else { throw error }
      }
    }
    try remove(name)
  }

  private func renameToFreeName(
    _ name: [UInt8], _ path: RelativePath, _ takenNames: TakenNames
  ) throws(SystemError) -> RelativePath {
    var number = takenNames.nextNumber(for: path)
    while number <= NumberedName.maximumNumber {
      let candidate = number == 0 ? Array(path.name) : NumberedName.make(path.name, number)
      do {
        try renameWithoutReplacing(name, to: candidate)
        if number > 0 { takenNames.setNextNumber(number + 1, for: path) }
        return path.renamed(candidate)
      } catch {
        guard error.number == EEXIST else { throw error }
        number += 1
      }
    }
    takenNames.setNextNumber(number, for: path)
    throw SystemError(number: EEXIST)
  }
}

extension SystemError {
  /// Whether something is in the way.
  fileprivate var isConflict: Bool { number == EEXIST || number == EISDIR || number == ENOTEMPTY }
}

extension P2PCopyError {
  /// Something of the file's name is there and must not be replaced.
  package static func destinationExists(_ path: RelativePath) -> P2PCopyError {
    P2PCopyError(
      .destinationExists, "'\(path)' exists and was left alone", remedy: .changeConflictPolicy, scope: .entry)
  }

  /// Something of the file's name is there, and came in the same transfer.
  package static func sameName(_ path: RelativePath) -> P2PCopyError {
    P2PCopyError(
      .destinationExists,
      "'\(path)' has the name of something else in this transfer, as the output directory reads names (it may not tell"
        + " upper case from lower); that was left alone",
      remedy: .renameConflicts, scope: .entry)
  }
}
