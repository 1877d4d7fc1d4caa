package import P2PCopyCore
package import P2PCopyPlatform

/// Where a walk is in a list of what to send.
package struct ListCursor {
  package let paths: [[UInt8]]
  /// The directory that the paths are relative to.
  package let root: HeldDirectory
  package let identity: FileStatus.Identity
  /// The next path.
  package var index = 0
  /// How much of it was looked at as directories.
  var parentEnd = 0
  /// The directory that was entered last: it and those it is in have their entries.
  package var entered: [UInt8] = []
  /// The directory below which nothing of the list is left to do.
  package var finished: [UInt8]?
  /// The directory that was looked into last.
  private var held: (path: [UInt8], directory: HeldDirectory)?

  /// Checks a list and opens the directory.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package init(_ lines: [LocalPath], below arguments: [SourceArgument]) throws(P2PCopyError) {
    guard let argument = arguments.first, arguments.count == 1, argument.status.kind == .directory else {
      throw P2PCopyError(.usage, "a list of files needs one directory that they are in; nothing was sent")
    }
    paths = try SourceList(lines).paths
    identity = argument.status.identity
    do throws(SystemError) {
      root = HeldDirectory(try FileDescriptor(opening: argument.location, flags: FileDescriptor.placeFlags))
      guard try identity.isStill(that: root.descriptor.number) else { throw SystemError(number: ESTALE) }
    } catch {
      throw P2PCopyError(
        .usage, "cannot send '\(DisplayText.escaped(argument.location))': \(error); nothing was sent", cause: error)
    }
  }

  /// The open directory that a path is in.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - followsLinks: Whether links on the way are followed.
  /// - Returns: The directory.
  /// - Throws: ``SystemError``, with `ELOOP` for a link that is not followed.
  package mutating func directory(of path: ArraySlice<UInt8>, followsLinks: Bool) throws(SystemError) -> HeldDirectory {
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return root }
    let parent = path[..<slash]
    if let held, held.path.elementsEqual(parent) { return held.directory }
    let flags = FileDescriptor.placeFlags
    let directory = HeldDirectory(
      followsLinks
        ? try FileDescriptor(opening: Array(parent), relativeTo: root.descriptor.number, flags: flags)
        : try FileDescriptor(openingWithoutLinks: parent, below: root.descriptor.number, flags: flags))
    held = (Array(parent), directory)
    return directory
  }

  /// Goes on to the next path.
  package mutating func advance() {
    index += 1
    parentEnd = 0
  }
}
