import Crypto
package import P2PCopyCore
package import P2PCopyPlatform

/// Compares names that no sender may use.
enum ReservedName {
  /// Whether a name is one in lower case, whatever case its letters are in. Both have the same length.
  static func matches(_ name: some Sequence<UInt8>, _ reserved: some Sequence<UInt8>) -> Bool {
    zip(name, reserved).allSatisfy { $0 == $1 || ($0 | 0x20 == $1 && $1 >= UInt8(ascii: "a")) }
  }
}

/// A file that is being received: it lies beside its final place under a name of its own, `.NAME.p2p-copy-partial`, until
/// it is complete, and stays there, ready to be continued, when the transfer breaks off.
package final class PartialFile {
  private static let suffix = ".p2p-copy-partial"

  /// Whether a name is one that only partial files have, so that no sender may use it. Letters count in both cases, since
  /// there are file systems where they do.
  package static func isReserved(_ name: some Collection<UInt8>) -> Bool {
    name.first == UInt8(ascii: ".") && name.count > suffix.utf8.count
      && ReservedName.matches(name.suffix(suffix.utf8.count), suffix.utf8)
  }

  /// Whether a component of a path has such a name, or that of a journal.
  package static func isReserved(anyOf path: RelativePath) -> Bool {
    var rest = path.bytes[...]
    while let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
      if isOurs(rest[..<slash]) { return true }
      rest = rest[(slash + 1)...]
    }
    return isOurs(rest)
  }

  private static func isOurs(_ name: ArraySlice<UInt8>) -> Bool {
    isReserved(name) || PlacementJournal.isName(name)
  }

  /// The partial file's name for a final name. Long names are shortened and told apart by a hash.
  package static func name(for finalName: some Collection<UInt8>) -> [UInt8] {
    let room = RelativePath.maximumComponentByteCount - suffix.utf8.count - 1
    if finalName.count <= room { return [UInt8(ascii: ".")] + finalName + suffix.utf8 }
    let hash = Hex.encode(SHA256.hash(data: Array(finalName)).prefix(8))
    return [UInt8(ascii: ".")] + NumberedName.cut(finalName, to: room - hash.utf8.count - 1) + [UInt8(ascii: "-")]
      + hash.utf8
      + suffix.utf8
  }

  private let destination: PlannedPlace
  private let directory: DirectoryHandle
  private let name: [UInt8]
  private let descriptor: FileDescriptor
  /// Whether a later transfer looks for it under its name.
  private let isFoundAgain: Bool
  private var isPlaced = false

  /// Opens the partial file for writing, and makes it when it is missing.
  ///
  /// - Parameters:
  ///   - destination: Where the file is to be in the end.
  ///   - directory: The directory it belongs in.
  ///   - start: What to go on with; `nil` to begin anew.
  ///   - mode: The permissions of a file that is made: no more than it is to have in the end, so that nobody reads it before.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``, also when what there was to go on
  ///   with is no longer what it was.
  package init(
    opening destination: PlannedPlace, in directory: DirectoryHandle, continuing start: PartialStart? = nil,
    mode: UInt16 = 0o666
  ) throws(P2PCopyError) {
    let path = destination.path
    var name = start?.name ?? Self.name(for: path.name)
    var isFoundAgain = true
    let opened: FileDescriptor?
    do throws(SystemError) {
      if let start {
        opened = try Self.open(start, in: directory)
      } else {
        (name, isFoundAgain) = try directory.partialName(for: path.name)
        opened = try Self.openEmpty(name, in: directory, mode: mode_t(mode & 0o777 | 0o600))
      }
    } catch {
      throw Self.explain(error, path, partialName: directory.has(name) ? name : nil)
    }
    guard let opened else {
      throw P2PCopyError(
        .destinationUnwritable,
        "cannot go on with '\(path)': its partial file '\(DisplayText.escaped(name))' was changed after it had been"
          + " compared",
        remedy: .runAgain, scope: .entry)
    }
    descriptor = opened
    self.destination = destination
    self.directory = directory
    self.name = name
    self.isFoundAgain = isFoundAgain
  }

  deinit {
    if !isFoundAgain, !isPlaced { try? directory.remove(name) }
  }

  /// Writes bytes at their place in the file.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(P2PCopyError) {
    do {
      try descriptor.write(bytes, at: offset)
    } catch {
      throw Self.explain(error, destination.path)
    }
  }

  /// Feeds what was written to a digest.
  ///
  /// - Parameters:
  ///   - byteCount: How much of it.
  ///   - context: The digest.
  /// - Returns: How many bytes there were.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable`` when it cannot be read, or
  ///   ``P2PCopyError/Code/cancelled``.
  package func digest(_ byteCount: Int64, _ context: any DigestContext) throws(P2PCopyError) -> Int64 {
    do {
      return try FileDigest.update(context, over: descriptor, byteCount: byteCount)
    } catch let error as SystemError {
      throw Self.explain(error, destination.path)
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.cancelled, "interrupted", cause: error)
    }
  }

  /// Leaves what was written for another one to go on with.
  ///
  /// - Returns: What that needs; `nil` when it lies under a name that nobody would find.
  package func leave() -> PartialStart? {
    guard isFoundAgain, let status = try? descriptor.status() else { return nil }
    return PartialStart(name: name, version: status.version)
  }

  /// Forgets what was written, so that nobody continues it.
  package func discard() {
    try? directory.remove(name)
  }

  /// Gives the complete file its name.
  ///
  /// - Parameters:
  ///   - takenNames: What to do when something of that name exists.
  ///   - byteCount: Its size, if what was there before may be longer.
  ///   - metadata: Mode and times to give it before; `nil` for none.
  ///   - keepingSetID: Whether setuid and setgid bits are kept.
  /// - Returns: The file as it is in place.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when something is there that the policy
  ///   does not allow to replace; the partial file stays.
  package func place(
    _ takenNames: TakenNames, byteCount: Int64? = nil, metadata: EntryMetadata? = nil, keepingSetID: Bool = false
  ) throws(P2PCopyError) -> PlacedEntry {
    do {
      if let byteCount, try descriptor.status().byteCount > byteCount { try descriptor.truncate(to: byteCount) }
    } catch {
      throw Self.explain(error, destination.path)
    }
    let refusal = metadata?.apply(to: descriptor, keepingSetID: keepingSetID) ?? MetadataRefusal()
    let status: FileStatus
    do {
      status = try descriptor.status()
    } catch {
      throw Self.explain(error, destination.path)
    }
    let placed = try directory.place(name, status, at: destination, takenNames)
    isPlaced = true
    return PlacedEntry(
      path: placed, refusal: refusal, metadata: takenNames.recordsMetadata ? status.metadata : nil,
      status: takenNames.recordsStatus ? try? descriptor.status() : nil)
  }

  /// The error for a failed system call.
  ///
  /// - Parameters:
  ///   - error: What failed.
  ///   - path: The file that was to be written.
  ///   - partialName: The name of its partial file, when that is at fault.
  /// - Returns: The error, which names the file; it ends the writing of every file where no other could be written either.
  package static func explain(_ error: SystemError, _ path: RelativePath, partialName: [UInt8]? = nil) -> P2PCopyError {
    let partial = partialName.map { "its partial file '\(DisplayText.escaped($0))'" }
    var reason = "\(error)"
    var remedy = error.writingRemedy
    if error.number == EAGAIN {
      reason += ": another receive is writing \(partial ?? "it")"
    } else if let partial, remedy == nil {
      reason = "\(partial): \(error)"
      remedy = .removePartialFile
    }
    return P2PCopyError(
      error.isOutOfResources ? .outOfResources : .destinationUnwritable, "cannot write '\(path)': \(reason)",
      remedy: remedy, scope: error.writingScope, cause: error)
  }

  /// Opens what there is to go on with, and locks it.
  ///
  /// - Returns: `nil` when it is no longer what it was.
  private static func open(
    _ start: PartialStart, in directory: DirectoryHandle
  ) throws(SystemError) -> FileDescriptor? {
    guard try directory.status(of: start.name)?.version == start.version else { return nil }
    let descriptor = try openForWriting(start.name, in: directory)
    try descriptor.lock()
    let opened = try descriptor.status()
    guard opened.version == start.version, opened.kind == .regular, opened.linkCount == 1 else { return nil }
    return descriptor
  }

  /// Opens or makes the partial file, locks it, so that two receivers cannot write one file, and empties it.
  private static func openEmpty(
    _ name: [UInt8], in directory: DirectoryHandle, mode: mode_t
  ) throws(SystemError) -> FileDescriptor {
    for _ in 0..<16 {
      if let found = try directory.status(of: name), found.kind != .regular || found.linkCount != 1 {
        // Somebody planted a link, or something odd: it is taken out of the way, never written through.
        try directory.remove(name)
      }
      let descriptor = try openForWriting(name, in: directory, flags: O_CREAT, mode: mode)
      try descriptor.lock()
      // Between opening and locking, another receiver may have completed and renamed it.
      let opened = try descriptor.status()
      let named = try directory.status(of: name)
      guard opened.kind == .regular, opened.linkCount == 1, named?.identity == opened.identity,
        directory.isOwn(opened)
      else { continue }
      try descriptor.truncate(to: 0)
      return descriptor
    }
    throw SystemError(number: EAGAIN)
  }

  private static func openForWriting(
    _ name: [UInt8], in directory: DirectoryHandle, flags: Int32 = 0, mode: mode_t = 0
  ) throws(SystemError) -> FileDescriptor {
    let number = directory.descriptor.number
    let flags = flags | O_RDWR | O_NOFOLLOW | O_NONBLOCK
    do {
      return try FileDescriptor(opening: name, relativeTo: number, flags: flags, mode: mode)
    } catch {
      // One that was complete but for its name may have got a mode that keeps its owner out as well.
      guard error.number == EACCES, let found = try directory.status(of: name), found.kind == .regular,
        directory.isOwn(found), name.withCString({ fchmodat(number, $0, 0o600, AT_SYMLINK_NOFOLLOW) }) == 0
      else { throw error }
      return try FileDescriptor(opening: name, relativeTo: number, flags: flags, mode: mode)
    }
  }
}
