import Glibc
import P2PCopyCore

extension DirectoryHandle {
  /// Gives something complete, which has a partial file's name so far, its own name.
  ///
  /// - Parameters:
  ///   - name: The partial file's name.
  ///   - path: What it is to become; its parent is this directory.
  ///   - policy: What to do when something of that name exists.
  /// - Returns: The name it got, which differs under ``ConflictPolicy/rename``.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when something is there that the policy
  ///   does not allow to replace, otherwise ``P2PCopyError/Code/destinationUnwritable``; what had the partial name has it
  ///   still.
  func place(_ name: [UInt8], as path: RelativePath, _ policy: ConflictPolicy) throws(P2PCopyError) -> [UInt8] {
    do {
      switch policy {
      case .overwrite:
        try rename(name, replacing: path.name)
        return Array(path.name)
      case .fail, .skip:
        try renameWithoutReplacing(name, to: path.name)
        return Array(path.name)
      case .rename:
        return try renameToFreeName(name, path.name)
      }
    } catch {
      if error.number == EEXIST || error.number == EISDIR || error.number == ENOTEMPTY {
        throw P2PCopyError.destinationExists(path)
      }
      throw PartialFile.explain(error, path)
    }
  }

  /// Removes what an earlier transfer left under a partial file's name.
  ///
  /// - Parameter name: The partial file's name.
  /// - Throws: ``SystemError`` with `EAGAIN` when another receiver is writing it.
  func removeLeftover(_ name: [UInt8]) throws(SystemError) {
    if let status = try status(of: name), status.kind == .regular {
      do {
        let leftover = try FileDescriptor(
          opening: name, relativeTo: descriptor.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
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

  private func renameToFreeName(_ name: [UInt8], _ finalName: ArraySlice<UInt8>) throws(SystemError) -> [UInt8] {
    for number in 0..<10_000 {
      let candidate = number == 0 ? Array(finalName) : PartialFile.numbered(finalName, number)
      do {
        try renameWithoutReplacing(name, to: candidate)
        return candidate
      } catch {
        guard error.number == EEXIST else { throw error }
      }
    }
    throw SystemError(number: EEXIST)
  }
}
