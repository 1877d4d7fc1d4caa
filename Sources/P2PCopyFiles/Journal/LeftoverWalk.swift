package import P2PCopyPlatform

/// Something of ours beside what is complete: a partial file, or a journal, of this user and with one name.
package struct Leftover {
  package let path: [UInt8]
  package let status: FileStatus
  private let name: [UInt8]
  private let directory: DirectoryHandle

  /// Looks at a name; `nil` when nothing of ours is there.
  ///
  /// - Parameters:
  ///   - name: The name, which only we use.
  ///   - path: The same with the directories it is in.
  ///   - directory: The directory it is in.
  package init?(_ name: [UInt8], path: [UInt8], in directory: DirectoryHandle) {
    guard let found = (try? directory.status(of: name)) ?? nil, found.kind == .regular, found.linkCount == 1,
      directory.isOwn(found)
    else { return nil }
    (self.name, self.path, self.directory, status) = (name, path, directory, found)
  }

  /// Whether a receiver has it locked.
  package func isInUse() -> Bool {
    do throws(SystemError) {
      let file = try directory.openFile(name)
      try file.lockForReading()
      return false
    } catch {
      return error.number == EAGAIN
    }
  }

  /// Removes it while it is locked, if it is still what was looked at.
  ///
  /// - Parameter isDryRun: Whether to leave it where it is.
  /// - Returns: Whether it was removed: not when a receiver has it, or something happened to it.
  /// - Throws: ``SystemError``.
  package func remove(isDryRun: Bool) throws(SystemError) -> Bool {
    do throws(SystemError) {
      let file = try directory.openFile(name)
      try isDryRun ? file.lockForReading() : file.lock()
      let opened = try file.status()
      guard opened.version == status.version, opened.linkCount == 1, try directory.status(of: name) == opened else {
        return false
      }
      if !isDryRun { try directory.remove(name) }
      return true
    } catch {
      if error.number == EAGAIN || error.number == ENOENT { return false }
      throw error
    }
  }
}

/// Walks a tree for what is ours. Follows no link, and holds open no more than one directory for each level.
package struct LeftoverWalk {
  /// What comes next.
  package enum Step {
    case leftover(Leftover)
    case unreadable([UInt8], SystemError)
    /// Something else, so that whoever walks can stop.
    case other
  }

  /// Directories that are deeper than this are not ours: receivers make none.
  private static let maximumDepth = 260

  private struct Level {
    let path: [UInt8]
    let directory: DirectoryHandle
    let names: DirectoryStream
  }

  private let root: DirectoryHandle
  private var levels: [Level] = []
  private var hasBegun = false

  /// Begins at a directory.
  package init(_ root: DirectoryHandle) {
    self.root = root
  }

  /// Goes on.
  ///
  /// - Returns: What was met; `nil` at the end.
  package mutating func next() -> Step? {
    if !hasBegun {
      hasBegun = true
      if let problem = enter(root, path: []) { return .unreadable([], problem) }
    }
    guard let level = levels.last else { return nil }
    var name: [UInt8] = []
    do throws(SystemError) {
      guard try level.names.appendNextName(to: &name) else {
        levels.removeLast()
        return .other
      }
    } catch {
      levels.removeLast()
      return .unreadable(level.path, error)
    }
    let path = level.path.isEmpty ? name : level.path + [UInt8(ascii: "/")] + name
    if PartialFile.isReserved(name) {
      return Leftover(name, path: path, in: level.directory).map { .leftover($0) } ?? .other
    }
    guard let status = (try? level.directory.status(of: name)) ?? nil, status.kind == .directory,
      levels.count < Self.maximumDepth
    else { return .other }
    do throws(SystemError) {
      let directory = try DirectoryHandle(entering: name, relativeTo: level.directory.descriptor.number)
      if let problem = enter(directory, path: path) { return .unreadable(path, problem) }
      return .other
    } catch {
      return .unreadable(path, error)
    }
  }

  private mutating func enter(_ directory: DirectoryHandle, path: [UInt8]) -> SystemError? {
    do throws(SystemError) {
      levels.append(Level(path: path, directory: directory, names: try directory.openNames()))
      return nil
    } catch {
      return error
    }
  }
}

extension DirectoryHandle {
  /// The names in it.
  ///
  /// - Throws: ``SystemError``.
  fileprivate func openNames() throws(SystemError) -> DirectoryStream {
    var stream: DirectoryStream?
    var failure: SystemError?
    [UInt8(ascii: ".")].withCString { path in
      do throws(SystemError) {
        stream = try DirectoryStream(opening: path, relativeTo: descriptor.number, followLinks: false)
      } catch {
        failure = error
      }
    }
    guard let stream else { throw failure ?? SystemError(number: EIO) }
    return stream
  }
}
