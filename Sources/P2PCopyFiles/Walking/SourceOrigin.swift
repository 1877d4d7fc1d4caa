package import P2PCopyCore
package import P2PCopyPlatform

/// The way to something that was found, so that it is opened and not what has been put in its place meanwhile.
package struct SourceOrigin: Sendable {
  /// Which symbolic links may be on the way.
  package enum Links {
    /// None.
    case none
    /// The thing's own name may be one.
    case last
    /// Every component below what the sender was given may be one.
    case all
  }

  /// The directory it was found below; `nil` for a path that the sender was given.
  package let root: SourceRoot?
  package let links: Links
  package let identity: FileStatus.Identity

  /// Opens it for reading.
  ///
  /// - Parameter location: The path that it was found by.
  /// - Returns: The descriptor, and what it is.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``, also when it is no longer what was found.
  func open(_ location: [UInt8]) throws(P2PCopyError) -> Found {
    do throws(SystemError) {
      // Not blocking: the name may have become a FIFO since it was listed.
      return try found(location, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
    } catch {
      throw Self.explain(error, location, links)
    }
  }

  /// Opens it, a directory, for reading.
  ///
  /// - Parameter location: The path that it was found by.
  /// - Returns: The descriptor.
  /// - Throws: ``SystemError``, with `ELOOP`, `ENOTDIR` or `ESTALE` when it is no longer what was found.
  func openDirectory(_ location: [UInt8]) throws(SystemError) -> FileDescriptor {
    let found = try found(location, flags: O_RDONLY | O_DIRECTORY)
    return found.descriptor
  }

  /// What was opened, and what it was then: millions of files are looked at once, not twice.
  struct Found: ~Copyable {
    let descriptor: FileDescriptor
    let status: FileStatus
  }

  /// Opens what is there, if it is still what was found.
  private func found(_ location: [UInt8], flags: Int32) throws(SystemError) -> Found {
    let descriptor = try descriptor(location, flags: flags)
    let status = try descriptor.status()
    guard identity.isStill(status, of: descriptor.number) else { throw SystemError(number: ESTALE) }
    return Found(descriptor: descriptor, status: status)
  }

  private func descriptor(_ location: [UInt8], flags: Int32) throws(SystemError) -> FileDescriptor {
    guard let root else {
      return try FileDescriptor(opening: location, flags: flags | (links == .none ? O_NOFOLLOW : 0))
    }
    let directory = try root.directory()
    let path = location[root.startOfRest...]
    switch links {
    case .none:
      return try FileDescriptor(openingWithoutLinks: path, below: directory.descriptor.number, flags: flags)
    case .last:
      guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
        return try FileDescriptor(opening: Array(path), relativeTo: directory.descriptor.number, flags: flags)
      }
      let parent = try FileDescriptor(
        openingWithoutLinks: path[..<slash], below: directory.descriptor.number, flags: FileDescriptor.placeFlags)
      return try FileDescriptor(opening: Array(path[(slash + 1)...]), relativeTo: parent.number, flags: flags)
    case .all:
      return try FileDescriptor(opening: Array(path), relativeTo: directory.descriptor.number, flags: flags)
    }
  }

  /// The error for something that cannot be opened.
  package static func explain(_ error: SystemError, _ location: [UInt8], _ links: Links) -> P2PCopyError {
    switch error.number {
    case ELOOP where links != .all:
      P2PCopyError(
        .sourceUnreadable, SourceMessage.replacedByLink(location), remedy: .sendAgain, scope: .entry, cause: error)
    case ESTALE:
      P2PCopyError(
        .sourceUnreadable, SourceMessage.replaced(location), remedy: .sendAgain, scope: .entry, cause: error)
    default: OpenSourceFile.explain(error, at: location)
    }
  }
}
