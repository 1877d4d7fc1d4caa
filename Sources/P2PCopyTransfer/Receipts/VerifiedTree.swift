import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// A directory whose content is looked at and never changed. Symbolic links below it are not followed, so that nothing
/// outside is taken for what should be inside.
final class VerifiedTree {
  private let root: DirectoryHandle
  private let maximumOpenCount = OpenDirectoryLimit.current
  private var open: [[UInt8]: DirectoryHandle] = [:]

  /// Opens the directory.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package init(path: LocalPath) throws(P2PCopyError) {
    guard path.canBePath else {
      throw P2PCopyError(.usage, "'\(path)' is not the name of a directory")
    }
    do {
      root = try DirectoryHandle(entering: path.bytes, followLinks: true)
    } catch {
      throw P2PCopyError(.usage, "cannot read the directory '\(path)': \(error)", cause: error)
    }
  }

  /// The directory that an entry lies in.
  ///
  /// - Throws: ``SystemError``: `ENOENT` when it is missing, `ENOTDIR` when something else, such as a symbolic link, is
  ///   on the way.
  package func directory(of path: RelativePath) throws(SystemError) -> DirectoryHandle {
    let parent = Array(path.parent)
    if parent.isEmpty { return root }
    if let known = open[parent] { return known }
    var handle = root
    for component in path.components.dropLast() {
      handle = try DirectoryHandle(entering: component, relativeTo: handle.descriptor.number)
    }
    if open.count >= maximumOpenCount { open.removeAll(keepingCapacity: true) }
    open[parent] = handle
    return handle
  }

  /// Where a symbolic link leads.
  package static func target(of name: some Collection<UInt8>, in directory: DirectoryHandle) throws(SystemError)
    -> [UInt8]
  {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let capacity = buffer.count
    let count = name.withCString { readlinkat(directory.descriptor.number, $0, &buffer, capacity) }
    guard count >= 0 else { throw .last }
    return buffer.prefix(count).map { UInt8(bitPattern: $0) }
  }
}
