import CSystemCalls
import P2PCopyCore
package import P2PCopyPlatform

/// An open directory below the output directory.
///
/// Everything is done relative to its descriptor and without following links, so it does not matter what happens to the
/// path it was opened by. The descriptor stands for the place alone (`O_PATH`): a directory that one may enter and write
/// into, but not read, such as a drop box, will do.
package final class DirectoryHandle {
  package let descriptor: FileDescriptor

  /// Whether it was made by who opened it: what is in it came since.
  package let isNew: Bool

  /// Takes over a directory that is open already.
  package init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
    isNew = false
  }

  /// Opens a directory.
  ///
  /// - Parameters:
  ///   - path: The directory; must not contain NUL.
  ///   - directory: The descriptor of the directory that the path is relative to, or `AT_FDCWD`.
  ///   - followLinks: Whether its last component may be a symbolic link.
  ///   - isNew: Whether the caller has just made it.
  /// - Throws: ``SystemError``; `ENOTDIR` for a symbolic link that is not followed.
  package init(
    entering path: some Collection<UInt8>, relativeTo directory: Int32 = AT_FDCWD, followLinks: Bool = false,
    isNew: Bool = false
  ) throws(SystemError) {
    self.isNew = isNew
    while true {
      let number = path.withCString { p2p_copy_open_place(directory, $0, followLinks ? 1 : 0) }
      if number >= 0 {
        descriptor = FileDescriptor(owning: number)
        return
      }
      let error = SystemError.last
      guard error.number == EINTR else { throw error }
    }
  }

  /// Opens the directory itself, for what a descriptor that stands for a place is not enough for.
  ///
  /// - Throws: ``SystemError`` with `EACCES` when it may not be read.
  func openForReading() throws(SystemError) -> FileDescriptor {
    try FileDescriptor(
      opening: [UInt8(ascii: ".")], relativeTo: descriptor.number, flags: O_RDONLY | O_DIRECTORY)
  }

  /// Opens a file in it for reading. Not through a link, and without waiting for what turns out to be a FIFO.
  ///
  /// - Parameter name: Its name.
  /// - Returns: The open file, or whatever else has that name.
  /// - Throws: ``SystemError``; `ELOOP` for a symbolic link.
  package func openFile(_ name: some Collection<UInt8>) throws(SystemError) -> FileDescriptor {
    try FileDescriptor(
      opening: Array(name), relativeTo: descriptor.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  }

  /// Sets the directory's permissions.
  ///
  /// - Returns: 0, or -1 with `errno` set.
  func setMode(_ mode: mode_t) -> Int32 {
    // The link in /proc needs no right to read the directory; there are places without /proc.
    let result = pathInProc.withCString { chmod($0, mode) }
    guard result != 0, errno == ENOENT, let readable = try? openForReading() else { return result }
    return fchmod(readable.number, mode)
  }

  /// Sets the directory's times.
  ///
  /// - Parameter times: As for `futimens`.
  /// - Returns: 0, or -1 with `errno` set.
  func setTimes(_ times: UnsafePointer<timespec>) -> Int32 {
    let result = pathInProc.withCString { utimensat(AT_FDCWD, $0, times, 0) }
    guard result != 0, errno == ENOENT, let readable = try? openForReading() else { return result }
    return futimens(readable.number, times)
  }

  private var pathInProc: [UInt8] { Array("/proc/self/fd/\(descriptor.number)".utf8) }

  /// What is there under a name, links not followed; `nil` for nothing.
  package func status(of name: some Collection<UInt8>) throws(SystemError) -> FileStatus? {
    do {
      return try FileStatus(of: name, relativeTo: descriptor.number, followLinks: false)
    } catch {
      guard error.number == ENOENT else { throw error }
      return nil
    }
  }

  /// Where a symbolic link leads; `nil` when it cannot be read.
  package func linkTarget(of name: some Collection<UInt8>) -> [UInt8]? {
    let limit = RelativePath.maximumByteCount + 1
    let target = [UInt8](unsafeUninitializedCapacity: limit) { memory, count in
      let result = name.withCString { name in
        memory.withMemoryRebound(to: CChar.self) { memory in
          memory.baseAddress.map { readlinkat(descriptor.number, name, $0, limit) } ?? -1
        }
      }
      count = max(0, result)
    }
    return target.isEmpty || target.count == limit ? nil : target
  }

  /// Removes a name that is not a directory. Does nothing when it is gone.
  package func remove(_ name: some Collection<UInt8>) throws(SystemError) {
    guard name.withCString({ unlinkat(descriptor.number, $0, 0) }) == 0 || errno == ENOENT else { throw .last }
  }

  /// Renames within the directory and replaces what is there, in one step.
  package func rename(_ old: some Collection<UInt8>, replacing new: some Collection<UInt8>) throws(SystemError) {
    let result = old.withCString { old in
      new.withCString { new in renameat(descriptor.number, old, descriptor.number, new) }
    }
    guard result == 0 else { throw .last }
  }
}
