import P2PCopyCore
package import P2PCopyPlatform

extension SourceWalk {
  /// Decides what becomes of the thing the walk is at.
  ///
  /// - Parameters:
  ///   - status: What it is.
  ///   - isFollowed: Whether links were followed to find that out.
  ///   - nameStart: Where in ``location`` the name begins by which `directory` knows it.
  ///   - directory: An open directory.
  ///   - descends: Whether the walk goes on inside when it is a directory.
  /// - Returns: Its entry, notice or failure; `nil` when the rules leave it out.
  func examine(
    _ status: FileStatus, isFollowed: Bool, nameStart: Int, in directory: Int32, descends: Bool = true
  ) -> Element? {
    var status = status
    var isFollowed = isFollowed
    var linkError: SystemError?
    if status.kind == .symbolicLink, links == .follow || links == .followToFiles {
      do {
        status = try self.status(nameStart: nameStart, in: directory, followLinks: true)
        isFollowed = true
        guard links == .follow || status.kind == .regular else {
          return notice("a symbolic link to \(status.kind == .directory ? "a directory" : "something that is no file")")
        }
      } catch {
        linkError = error
      }
    }
    guard rules.allows(path, isDirectory: status.kind == .directory) else { return nil }
    // A receiver's own, which is nobody's loss.
    guard !PlacementJournal.isName(lastComponent) else { return nil }
    guard !PartialFile.isReserved(lastComponent) else { return notice("the partial file of an unfinished transfer") }
    if let linkError { return explain(linkError) }
    if isWrittenByThisTransfer(status, isFollowed: isFollowed) {
      guard !ownFiles.temporaryNames.contains(Array(lastComponent)) else { return nil }
      return notice("this transfer itself writes it, as its receipt or list of checksums")
    }

    let kind: SourceEntry.Kind
    switch status.kind {
    case .regular:
      kind = .file(byteCount: status.byteCount)
    case .directory:
      // A followed link or a bind mount can lead back to where the walk came from.
      guard !isAncestor(status.identity) else { return notice("a directory that contains itself") }
      kind = .directory
    case .symbolicLink:
      guard links == .keep else { return notice("a symbolic link") }
      do {
        kind = .symbolicLink(target: try target(nameStart: nameStart, in: directory))
      } catch {
        return failure("cannot read the symbolic link", error)
      }
    case .other:
      return notice(status.nameOfSpecialKind)
    }

    let element = entry(kind, status, isFollowed: isFollowed)
    if case .entry = element, kind == .directory, descends {
      descent = Descent(
        directory: directory, nameStart: nameStart, followsLink: isFollowed, identity: status.identity, contentsOf: nil)
    }
    return element
  }

  /// Whether something at the root of the transfer would arrive under a name that another argument has.
  ///
  /// - Returns: `nil` when it would not; otherwise what to say about it, which is nothing when both are the same thing.
  package func collision(of status: FileStatus, in argument: Int) -> Element?? {
    var other: (location: [UInt8], identity: FileStatus.Identity)?
    if let index = namedArguments[path] {
      other = (arguments[index].location, arguments[index].status.identity)
    } else {
      // Looking again costs a system call for each name, remembering would cost memory for each.
      for earlier in arguments[..<argument] where earlier.name.isEmpty {
        let location = earlier.location + [Self.slash] + path
        guard let status = try? FileStatus(of: location, followLinks: false), status.kind != .other else { continue }
        other = (location, status.identity)
        break
      }
    }
    guard let other else { return .none }
    guard other.identity != status.identity, rules.allows(path, isDirectory: status.kind == .directory) else {
      return .some(nil)
    }
    return .some(
      .failure(
        EntryFailure(
          path: EntryPath(path),
          error: P2PCopyError(
            .sourceUnreadable, SourceMessage.collision(other.location, location, path), scope: .entry))))
  }

  /// Looks at what the walk is at.
  package func status(nameStart: Int, in directory: Int32, followLinks: Bool) throws(SystemError) -> FileStatus {
    try withName(nameStart) { name throws(SystemError) in
      try FileStatus(ofCString: name, relativeTo: directory, followLinks: followLinks)
    }
  }

  /// Calls `body` with the end of ``location`` as a C string.
  func withName<Result>(
    _ start: Int, _ body: (UnsafePointer<CChar>) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    location.append(0)
    defer { location.removeLast() }
    return try location.withUnsafeBufferPointer { bytes throws(SystemError) in
      guard let base = bytes.baseAddress, start < bytes.count else { throw SystemError(number: EINVAL) }
      return try body(UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self))
    }
  }

  /// A failure at where the walk is.
  package func failure(_ verb: String, _ error: SystemError) -> Element {
    .failure(
      EntryFailure(
        path: EntryPath(path.isEmpty ? location : path),
        error: P2PCopyError(
          .sourceUnreadable, "\(verb) '\(DisplayText.escaped(location))': \(error)", scope: .entry, cause: error)))
  }

  /// A failure at where the walk is, in words of its own.
  func failure(
    saying message: String, remedy: P2PCopyError.Remedy, _ error: SystemError
  ) -> Element {
    .failure(
      EntryFailure(
        path: EntryPath(path.isEmpty ? location : path),
        error: P2PCopyError(.sourceUnreadable, message, remedy: remedy, scope: .entry, cause: error)))
  }

  /// A notice about where the walk is.
  package func notice(_ what: String) -> Element { .notice("left out '\(DisplayText.escaped(location))': \(what)") }

  private var lastComponent: ArraySlice<UInt8> {
    guard let slash = path.lastIndex(of: Self.slash) else { return path[...] }
    return path[(slash + 1)...]
  }

  private func explain(_ linkError: SystemError) -> Element {
    switch linkError.number {
    case ENOENT, ENOTDIR, ELOOP: notice("a symbolic link that leads nowhere")
    default: failure("cannot follow the symbolic link", linkError)
    }
  }

  private func isWrittenByThisTransfer(_ status: FileStatus, isFollowed: Bool) -> Bool {
    guard !ownFiles.isEmpty else { return false }
    return ownNames.contains { $0.elementsEqual(lastComponent) }
      || isFollowed && ownFiles.identities.contains(status.identity)
  }

  private func entry(_ kind: SourceEntry.Kind, _ status: FileStatus, isFollowed: Bool) -> Element {
    do {
      // Exact copies: the buffers keep their room.
      let path = try RelativePath(validating: path.withUnsafeBufferPointer { Array($0) })
      let location = location.withUnsafeBufferPointer { Array($0) }
      let origin = origin(identity: status.identity, isFollowed: isFollowed)
      return .entry(
        SourceEntry(location: location, origin: origin, path: path, kind: kind, metadata: EntryMetadata(status)))
    } catch {
      let message = "cannot send '\(DisplayText.escaped(location))': \(error.message)"
      return .failure(
        EntryFailure(
          path: EntryPath(path),
          error: P2PCopyError(.sourceUnreadable, message, scope: .entry, cause: error)))
    }
  }

  private func target(nameStart: Int, in directory: Int32) throws(SystemError) -> [UInt8] {
    try withName(nameStart) { name throws(SystemError) in
      try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { memory throws(SystemError) in
        guard let base = memory.baseAddress?.assumingMemoryBound(to: CChar.self) else {
          throw SystemError(number: ENOMEM)
        }
        let count = readlinkat(directory, name, base, memory.count)
        guard count >= 0 else { throw .last }
        // A target that fills the memory may be longer.
        guard count < memory.count else { throw SystemError(number: ENAMETOOLONG) }
        return Array(memory[..<count])
      }
    }
  }
}
