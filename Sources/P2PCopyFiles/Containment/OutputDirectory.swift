import CSystemCalls
package import P2PCopyCore
import P2PCopyPlatform

/// The directory a receiver writes into. Nothing it does reaches outside.
///
/// Every directory on the way to a file is opened one component at a time from the output directory's own descriptor and
/// never through a symbolic link, whatever lay there before or is swapped in meanwhile.
package final class OutputDirectory {
  /// How many directories that no entry has named yet are remembered as made; the others count as found.
  private static let maximumMadeOnTheWayCount = 16_384

  /// What is smaller may lie in the file system's own records.
  private static let smallestByteCountThatTakesRoom: Int64 = 16 << 10

  private let root: DirectoryHandle
  /// The device that the directory lies on, which ``synchronize()`` is about; `nil` when it cannot be looked at.
  package private(set) lazy var device = try? root.descriptor.status().identity.device
  private let maximumOpenCount = OpenDirectoryLimit.current
  private var open: [[UInt8]: DirectoryHandle] = [:]
  /// The directory that was asked for last, by its path: files come a directory at a time.
  private var last: (path: [UInt8], handle: DirectoryHandle)?
  /// The directories that were made on the way to something, before an entry of their own came.
  private var madeOnTheWay: Set<FileStatus.Identity> = []

  /// Opens the directory, and makes it with its parents when it is missing.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  package init(path: LocalPath) throws(P2PCopyError) {
    func fail(_ error: SystemError) -> P2PCopyError {
      P2PCopyError(
        .destinationUnwritable, "cannot use '\(path)' as output directory: \(error)", cause: error)
    }
    guard path.canBePath else {
      throw P2PCopyError(.usage, "'\(path)' is not a path", remedy: .giveOutputDirectory)
    }
    do {
      try Self.makeDirectories(path.bytes)
      root = try DirectoryHandle(entering: path.bytes, followLinks: true)
    } catch {
      throw fail(error)
    }
  }

  /// Opens the same directory again, whatever became of its path, so that a second task can write there.
  ///
  /// - Parameter other: The directory.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  package init(sharing other: OutputDirectory) throws(P2PCopyError) {
    do throws(SystemError) {
      root = try DirectoryHandle(entering: ".".utf8, relativeTo: other.root.descriptor.number)
    } catch {
      throw P2PCopyError(.destinationUnwritable, "cannot open the output directory again: \(error)", cause: error)
    }
  }

  /// Opens the journal of what was placed here, see ``DirectoryHandle/openJournal()``.
  ///
  /// - Returns: The journal, or why there is none.
  package func openJournal() -> JournalOpening { root.openJournal() }

  /// Whether something has a journal's name.
  package var hasJournal: Bool { root.has(PlacementJournal.name) }

  /// The directory that a file belongs in.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - creating: Whether to make missing directories.
  /// - Returns: The directory, or `nil` when it is missing and not to be made.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/unsafePath`` when a symbolic link is on the way, otherwise
  ///   ``P2PCopyError/Code/destinationUnwritable``.
  package func directory(of path: RelativePath, creating: Bool) throws(P2PCopyError) -> DirectoryHandle? {
    try directory(path.parent, for: path, creating: creating)
  }

  /// Makes a directory, and those it is in when they are missing. One that is there already is entered.
  ///
  /// - Parameters:
  ///   - path: The directory.
  ///   - mode: The mode it is to have in the end, so that nobody else reads it before; its owner may write into it until
  ///     then, whatever the mode. `nil` for that of a new directory.
  /// - Returns: Whether it was made, or was there. That of an earlier call was made.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/unsafePath`` when a symbolic link is on the way or in its
  ///   place, ``P2PCopyError/Code/destinationExists`` when something else is, otherwise
  ///   ``P2PCopyError/Code/destinationUnwritable``.
  package func makeDirectory(_ path: RelativePath, mode: UInt16? = nil) throws(P2PCopyError) -> DirectoryOrigin {
    guard let parent = try directory(of: path, creating: true) else { throw Self.missing(path) }
    do throws(SystemError) {
      let (handle, origin) = try Self.make(path.name, in: parent, mode: mode)
      remember(handle, path.bytes)
      guard origin == .found, !madeOnTheWay.isEmpty else { return origin }
      return madeOnTheWay.remove(try handle.descriptor.status().identity) != nil ? .made : .found
    } catch {
      throw Self.explain(error, entering: path.name, in: parent, for: path)
    }
  }

  /// Opens a directory that must be there.
  ///
  /// - Parameter path: The directory.
  /// - Returns: The directory.
  /// - Throws: ``P2PCopyError`` as ``makeDirectory(_:mode:)`` does.
  package func existingDirectory(_ path: RelativePath) throws(P2PCopyError) -> DirectoryHandle {
    if let known = open[path.bytes] { return known }
    guard let parent = try directory(of: path, creating: false) else { throw Self.missing(path) }
    do {
      return try Self.enter(path.name, in: parent)
    } catch {
      throw Self.explain(error, entering: path.name, in: parent, for: path)
    }
  }

  /// Asks the system to write everything to the disk.
  package func synchronize() throws(P2PCopyError) {
    do throws(SystemError) {
      guard let descriptor = try descriptorOnTheFileSystem() else {
        // Nothing there can be opened: all file systems, then.
        sync()
        return
      }
      guard p2p_copy_synchronize_file_system(descriptor.number) == 0 else { throw SystemError.last }
    } catch {
      throw P2PCopyError(
        .destinationUnwritable, "the output directory could not be written to disk: \(error)",
        remedy: error.writingRemedy, scope: .destination, cause: error)
    }
  }

  /// How many bytes this user can write there; `nil` where nobody can be certain: the file system may store less than is
  /// written, or does not say.
  package var room: Int64? {
    guard FileSystemTraits(of: root.descriptor.number).storesWhatIsWritten else { return nil }
    var status = statvfs()
    guard fstatvfs(root.descriptor.number, &status) == 0, status.f_blocks > 0 else { return nil }
    // Some blocks are for the superuser alone.
    let blockCount = geteuid() == 0 ? status.f_bfree : status.f_bavail
    return Int64(clamping: blockCount.multipliedReportingOverflow(by: status.f_frsize).partialValue)
  }

  /// How much of ``room`` a file takes.
  ///
  /// - Parameters:
  ///   - byteCount: How many bytes of it are to be written.
  ///   - place: Where it goes.
  ///   - isContinued: Whether they go behind a partial file.
  /// - Returns: In bytes; less what it replaces, so that it may be negative. 0 when it goes to another file system, or is so
  ///   small that it may take no block.
  package func roomTaken(by byteCount: Int64, at place: PlannedPlace, continuing isContinued: Bool) -> Int64 {
    guard byteCount >= Self.smallestByteCountThatTakesRoom else { return 0 }
    guard let directory = try? directory(of: place.path, creating: false) else { return byteCount }
    guard let found = try? directory.descriptor.status().identity.device, found == device else { return 0 }
    var freed = place.replaceable?.roundedByteCount ?? 0
    // It is emptied first.
    if !isContinued, let left = try? directory.leftPartialFile(of: place.path.name) {
      freed = max(freed, freed &+ left.version.byteCount)
    }
    return max(byteCount, 0) - max(freed, 0)
  }

  /// Something open that stands for the file system: the directory, or, where that may not be read, a new file in it.
  private func descriptorOnTheFileSystem() throws(SystemError) -> FileDescriptor? {
    do {
      return try root.openForReading()
    } catch {
      guard error.number == EACCES else { throw error }
    }
    do {
      return try root.openTransientFile()
    } catch {
      guard error.number == EACCES else { throw error }
      return nil
    }
  }

  private func directory(
    _ wanted: ArraySlice<UInt8>, for path: RelativePath, creating: Bool
  ) throws(P2PCopyError) -> DirectoryHandle? {
    if wanted.isEmpty { return root }
    if let last, last.path.elementsEqual(wanted) { return last.handle }
    let key = Array(wanted)
    if let known = open[key] {
      last = (key, known)
      return known
    }

    // From the nearest directory that is open: usually the one above.
    let slash = wanted.lastIndex(of: UInt8(ascii: "/"))
    let above = slash.map { wanted[..<$0] } ?? []
    guard let parent = try directory(above, for: path, creating: creating) else { return nil }
    let name = slash.map { wanted[($0 + 1)...] } ?? wanted
    do {
      let handle = try Self.enter(name, in: parent)
      remember(handle, key)
      return handle
    } catch {
      guard error.number == ENOENT else { throw Self.explain(error, entering: name, in: parent, for: path) }
      guard creating else { return nil }
    }
    do {
      let (handle, origin) = try Self.make(name, in: parent, mode: nil)
      if origin == .made, madeOnTheWay.count < Self.maximumMadeOnTheWayCount {
        madeOnTheWay.insert(try handle.descriptor.status().identity)
      }
      remember(handle, key)
      return handle
    } catch {
      throw Self.explain(error, entering: name, in: parent, for: path)
    }
  }

  private func remember(_ handle: DirectoryHandle, _ path: [UInt8]) {
    if open.count >= maximumOpenCount { open.removeAll(keepingCapacity: true) }
    open[path] = handle
    last = (path, handle)
  }

  private static func enter(
    _ component: ArraySlice<UInt8>, in handle: DirectoryHandle, isNew: Bool = false
  ) throws(SystemError) -> DirectoryHandle {
    try DirectoryHandle(entering: component, relativeTo: handle.descriptor.number, isNew: isNew)
  }

  private static func make(
    _ component: ArraySlice<UInt8>, in handle: DirectoryHandle, mode: UInt16?
  ) throws(SystemError) -> (DirectoryHandle, DirectoryOrigin) {
    let initialMode = mode.map { mode_t($0 & 0o777 | 0o700) } ?? 0o777
    let isNew = component.withCString({ mkdirat(handle.descriptor.number, $0, initialMode) }) == 0
    if !isNew {
      let error = SystemError.last
      guard error.number == EEXIST else { throw error }
    }
    // One that was there keeps its mode: whether it can be written into, writing will tell.
    return (try enter(component, in: handle, isNew: isNew), isNew ? .made : .found)
  }

  private static func missing(_ path: RelativePath) -> P2PCopyError {
    let error = SystemError(number: ENOENT)
    return P2PCopyError(
      .destinationUnwritable, "cannot write '\(path)': \(error)", scope: error.writingScope, cause: error)
  }

  private static func explain(
    _ error: SystemError, entering component: ArraySlice<UInt8>, in handle: DirectoryHandle, for path: RelativePath
  ) -> P2PCopyError {
    let shown = DisplayText.escaped(component)
    let status = try? handle.status(of: component)
    if status?.kind == .symbolicLink {
      return P2PCopyError(
        .unsafePath, "refused the name '\(path)': '\(shown)' in the output directory is a symbolic link",
        scope: .entry, cause: error)
    }
    if let status, status.kind != .directory {
      return P2PCopyError(
        .destinationExists, "cannot write '\(path)': '\(shown)' in the output directory is not a directory",
        scope: .entry, cause: error)
    }
    return P2PCopyError(
      error.isOutOfResources ? .outOfResources : .destinationUnwritable,
      "cannot write '\(path)': directory '\(shown)': \(error)", remedy: error.writingRemedy,
      scope: error.writingScope, cause: error)
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
