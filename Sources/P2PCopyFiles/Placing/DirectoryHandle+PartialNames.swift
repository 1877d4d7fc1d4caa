package import P2PCopyPlatform

/// A partial file to go on with: its name, and what it was when its content was read.
package struct PartialStart: Hashable, Sendable {
  package var name: [UInt8]
  package var version: FileStatus.Version

  package init(name: [UInt8], version: FileStatus.Version) {
    self.name = name
    self.version = version
  }
}

extension DirectoryHandle {
  /// The name under which this user writes a file until it is complete: the usual one, unless another user has something
  /// there. That is neither written to nor removed, and is no reason to fail, for then the file could never be received.
  ///
  /// - Parameter finalName: The name that the file is to have.
  /// - Returns: The name, and whether a later transfer finds the file under it.
  /// - Throws: ``SystemError``.
  func partialName(for finalName: ArraySlice<UInt8>) throws(SystemError) -> (name: [UInt8], isFoundAgain: Bool) {
    for name in Self.partialNames(for: finalName) {
      guard let status = try status(of: name) else { return (name, true) }
      if status.kind != .directory, isOwn(status) { return (name, true) }
    }
    return (Self.unforeseeablePartialName(for: finalName), false)
  }

  /// The same for something that is made anew: what an earlier transfer left under the name is removed.
  ///
  /// - Throws: ``SystemError`` with `EAGAIN` when another receiver of this user is writing it.
  package func freePartialName(for finalName: ArraySlice<UInt8>) throws(SystemError) -> [UInt8] {
    for name in Self.partialNames(for: finalName) {
      guard let status = try status(of: name) else { return name }
      guard status.kind != .directory, isOwn(status) else { continue }
      do {
        try removeLeftover(name)
        return name
      } catch {
        guard error.number == EACCES || error.number == EPERM else { throw error }
      }
    }
    return Self.unforeseeablePartialName(for: finalName)
  }

  /// What this user's earlier transfer left of a file, if it can be gone on with.
  ///
  /// - Throws: ``SystemError``.
  package func leftPartialFile(of finalName: ArraySlice<UInt8>) throws(SystemError) -> PartialStart? {
    for name in Self.partialNames(for: finalName) {
      guard let status = try status(of: name) else { continue }
      guard status.kind == .regular, status.linkCount == 1, isOwn(status) else { continue }
      return PartialStart(name: name, version: status.version)
    }
    return nil
  }

  /// Whether something is there under a name, so that it may be what is at fault.
  package func has(_ name: [UInt8]) -> Bool {
    (try? status(of: name)) ?? nil != nil
  }

  /// Whether something belongs to this user: whether it has the owner that this user's new files get. Where the file
  /// system has owners of its own (FAT, CIFS, NFS without root), that is somebody else.
  package func isOwn(_ status: FileStatus) -> Bool {
    if status.owner == geteuid() { return true }
    return status.owner == ownerOfNewFiles()
  }

  private func ownerOfNewFiles() -> UInt32? {
    guard let file = try? openTransientFile() else { return nil }
    return try? file.status().owner
  }

  /// Opens a new file that has no name any more.
  func openTransientFile() throws(SystemError) -> FileDescriptor {
    let name = Self.unforeseeablePartialName(for: Array("transient".utf8)[...])
    let file = try FileDescriptor(
      opening: name, relativeTo: descriptor.number, flags: O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode: 0o600)
    try remove(name)
    return file
  }

  /// The usual name, and one with the user's number that others have no reason to take.
  private static func partialNames(for finalName: ArraySlice<UInt8>) -> [[UInt8]] {
    [PartialFile.name(for: finalName), PartialFile.name(for: finalName + Array(".user-\(geteuid())".utf8))]
  }

  private static func unforeseeablePartialName(for finalName: ArraySlice<UInt8>) -> [UInt8] {
    PartialFile.name(for: finalName + Array(".\(UInt64.random(in: .min ... .max))".utf8))
  }
}
