package import P2PCopyCore
package import P2PCopyPlatform

/// What is needed of `stat`.
package struct FileStatus: Hashable {
  package enum Kind: Hashable {
    case regular
    case directory
    case symbolicLink
    case other
  }

  /// Device and inode: two paths with the same identity are one file.
  package struct Identity: Hashable, Sendable {
    package var device: UInt
    package var inode: UInt
  }

  /// Which file it is and when it was written last: whoever relies on what was read earlier compares this first.
  package struct Version: Hashable, Sendable {
    package var identity: Identity
    package var byteCount: Int64
    package var modificationSeconds: Int
    package var modificationNanoseconds: Int
  }

  package var kind: Kind
  /// Type and permission bits, as `st_mode` has them.
  package var mode: UInt16
  package var byteCount: Int64
  package var modificationSeconds: Int
  package var modificationNanoseconds: Int
  /// When content, mode, owner, or a name was changed last.
  package var changeSeconds: Int
  package var changeNanoseconds: Int
  package var linkCount: Int
  /// The number of the user whose it is.
  package var owner: UInt32
  package var identity: Identity

  package init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      default: .other
      }
    mode = UInt16(truncatingIfNeeded: status.st_mode)
    byteCount = Int64(status.st_size)
    modificationSeconds = status.st_mtim.tv_sec
    modificationNanoseconds = status.st_mtim.tv_nsec
    changeSeconds = status.st_ctim.tv_sec
    changeNanoseconds = status.st_ctim.tv_nsec
    linkCount = Int(status.st_nlink)
    owner = status.st_uid
    identity = Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
  }

  /// Looks at a path.
  ///
  /// - Parameters:
  ///   - path: Relative to `directory`.
  ///   - directory: A directory's descriptor, or `AT_FDCWD`.
  ///   - followLinks: Whether to look at what a symbolic link points to.
  /// - Throws: ``SystemError``.
  package init(of path: some Collection<UInt8>, relativeTo directory: Int32 = AT_FDCWD, followLinks: Bool)
    throws(SystemError)
  {
    var status = stat()
    let flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW
    guard path.withCString({ fstatat(directory, $0, &status, flags) }) == 0 else { throw .last }
    self.init(status)
  }

  /// Looks at a path that is a C string already.
  ///
  /// - Parameters:
  ///   - path: Relative to `directory`.
  ///   - directory: A directory's descriptor, or `AT_FDCWD`.
  ///   - followLinks: Whether to look at what a symbolic link points to.
  /// - Throws: ``SystemError``.
  package init(
    ofCString path: UnsafePointer<CChar>, relativeTo directory: Int32, followLinks: Bool
  ) throws(SystemError) {
    var status = stat()
    guard fstatat(directory, path, &status, followLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else { throw .last }
    self.init(status)
  }

  /// A regular file's size, rounded up to what it may take with its blocks; 0 for anything else.
  var roundedByteCount: Int64 { kind == .regular ? byteCount | 0xFFFF : 0 }

  /// See ``Version``.
  package var version: Version {
    Version(
      identity: identity, byteCount: byteCount, modificationSeconds: modificationSeconds,
      modificationNanoseconds: modificationNanoseconds)
  }

  /// The permission bits, with setuid, setgid and sticky.
  package var permissions: UInt16 { mode & 0o7777 }

  /// Mode and time of last modification.
  package var metadata: EntryMetadata {
    EntryMetadata(
      mode: permissions, modificationSeconds: Int64(modificationSeconds),
      modificationNanoseconds: UInt32(clamping: modificationNanoseconds))
  }

  /// Whether it is the same thing that was looked at before. Some file systems, such as FAT, give a file another inode
  /// number when they have forgotten it meanwhile: then its kind, size and time tell.
  package func isSame(as earlier: FileStatus) -> Bool {
    if identity == earlier.identity { return true }
    return kind == earlier.kind && byteCount == earlier.byteCount && modificationSeconds == earlier.modificationSeconds
      && modificationNanoseconds == earlier.modificationNanoseconds
  }

  /// For a person: what it is that is neither a file, a directory nor a link.
  var nameOfSpecialKind: String {
    switch mode_t(mode) & S_IFMT {
    case S_IFIFO: "a named pipe (FIFO)"
    case S_IFSOCK: "a socket"
    case S_IFCHR: "a character device"
    case S_IFBLK: "a block device"
    default: "neither a file nor a directory"
    }
  }
}
