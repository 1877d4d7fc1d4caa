import CSystemCalls
import Glibc
import P2PCopyCore

/// The directory a receiver writes into. Nothing it does reaches outside.
///
/// Every directory on the way to a file is opened one component at a time from the output directory's own descriptor and
/// never through a symbolic link, whatever lay there before or is swapped in meanwhile.
final class OutputDirectory {
  /// How many directories are kept open for the files that follow.
  private static let maximumOpenCount = 64

  private let root: DirectoryHandle
  private var open: [[UInt8]: DirectoryHandle] = [:]

  /// Opens the directory, and makes it with its parents when it is missing.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  init(path: String) throws(P2PCopyError) {
    let location = Array(path.utf8)
    func fail(_ error: SystemError) -> P2PCopyError {
      P2PCopyError(
        .destinationUnwritable, "cannot use '\(DisplayText.escaped(path))' as output directory: \(error)", cause: error)
    }
    guard !location.isEmpty, !location.contains(0) else {
      throw P2PCopyError(.usage, "'\(DisplayText.escaped(path))' is not a path; give a directory with --out")
    }
    do {
      try Self.makeDirectories(location)
      root = DirectoryHandle(try FileDescriptor(opening: location, flags: O_RDONLY | O_DIRECTORY))
    } catch {
      throw fail(error)
    }
  }

  /// The directory that a file belongs in.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - creating: Whether to make missing directories.
  /// - Returns: The directory, or `nil` when it is missing and not to be made.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/unsafePath`` when a symbolic link is on the way, otherwise
  ///   ``P2PCopyError/Code/destinationUnwritable``.
  func directory(of path: RelativePath, creating: Bool) throws(P2PCopyError) -> DirectoryHandle? {
    let parent = Array(path.parent)
    if parent.isEmpty { return root }
    if let known = open[parent] { return known }

    var handle = root
    for component in path.components.dropLast() {
      do {
        guard let next = try Self.enter(component, in: handle, creating: creating) else { return nil }
        handle = next
      } catch {
        throw Self.explain(error, entering: component, in: handle, for: path)
      }
    }
    if open.count >= Self.maximumOpenCount { open.removeAll(keepingCapacity: true) }
    open[parent] = handle
    return handle
  }

  /// Asks the system to write everything to the disk.
  func synchronize() throws(P2PCopyError) {
    guard p2p_copy_synchronize_file_system(root.descriptor.number) == 0 else {
      let error = SystemError.last
      throw P2PCopyError(
        .destinationUnwritable, "the output directory could not be written to disk: \(error)", cause: error)
    }
  }

  private static func enter(
    _ component: ArraySlice<UInt8>, in handle: DirectoryHandle, creating: Bool
  ) throws(SystemError) -> DirectoryHandle? {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    do {
      return DirectoryHandle(
        try FileDescriptor(opening: Array(component), relativeTo: handle.descriptor.number, flags: flags))
    } catch {
      guard error.number == ENOENT else { throw error }
      guard creating else { return nil }
    }
    let made = component.withCString { mkdirat(handle.descriptor.number, $0, 0o777) }
    if made != 0 {
      let error = SystemError.last
      guard error.number == EEXIST else { throw error }
    }
    return DirectoryHandle(
      try FileDescriptor(opening: Array(component), relativeTo: handle.descriptor.number, flags: flags))
  }

  private static func explain(
    _ error: SystemError, entering component: ArraySlice<UInt8>, in handle: DirectoryHandle, for path: RelativePath
  ) -> P2PCopyError {
    let shown = DisplayText.escaped(component)
    let status = try? handle.status(of: component)
    if status?.kind == .symbolicLink {
      return P2PCopyError(
        .unsafePath, "refused the name '\(path)': '\(shown)' in the output directory is a symbolic link", cause: error)
    }
    if let status, status.kind != .directory {
      return P2PCopyError(
        .destinationExists, "cannot write '\(path)': '\(shown)' in the output directory is not a directory",
        cause: error)
    }
    return P2PCopyError(
      .destinationUnwritable, "cannot write '\(path)': directory '\(shown)': \(error)", cause: error)
  }

  private static func makeDirectories(_ location: [UInt8]) throws(SystemError) {
    if let status = try? FileStatus(of: location, followLinks: true) {
      guard status.kind == .directory else { throw SystemError(number: ENOTDIR) }
      return
    }
    var end = 0
    while end < location.count {
      end = location[(end + 1)...].firstIndex(of: UInt8(ascii: "/")) ?? location.count
      if location[..<end].withCString({ mkdir($0, 0o777) }) != 0 {
        let error = SystemError.last
        let isThere = (try? FileStatus(of: location[..<end], followLinks: true))?.kind == .directory
        guard isThere else { throw error }
      }
    }
  }
}
