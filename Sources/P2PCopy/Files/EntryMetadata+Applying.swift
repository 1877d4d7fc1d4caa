import Glibc

extension EntryMetadata {
  /// Gives mode and times to an open file or directory: after everything is written, because writing changes the times
  /// and takes the setuid bit away.
  ///
  /// - Parameters:
  ///   - descriptor: The open file or directory.
  ///   - keepingSetID: Whether setuid and setgid bits are kept.
  /// - Throws: ``SystemError``.
  package func apply(to descriptor: borrowing FileDescriptor, keepingSetID: Bool) throws(SystemError) {
    try apply(to: descriptor, keepingSetID: keepingSetID, status: try descriptor.status())
  }

  /// The same for a file whose status is known.
  func apply(
    to descriptor: borrowing FileDescriptor, keepingSetID: Bool, status: FileStatus
  ) throws(SystemError) {
    let wanted = mode & (keepingSetID ? 0o7777 : 0o1777)
    // On network file systems every change of a mode is a round trip.
    if status.permissions != wanted {
      guard fchmod(descriptor.number, mode_t(wanted)) == 0 else { throw .last }
    }
    let number = descriptor.number
    guard withTimes({ futimens(number, $0) }) == 0 else { throw .last }
  }

  /// Gives the times to a symbolic link, not to what it points to.
  ///
  /// - Parameters:
  ///   - name: The link.
  ///   - directory: The directory it is in.
  /// - Throws: ``SystemError``.
  package func applyToLink(name: [UInt8], in directory: DirectoryHandle) throws(SystemError) {
    let result = withTimes { times in
      name.withCString { utimensat(directory.descriptor.number, $0, times, AT_SYMLINK_NOFOLLOW) }
    }
    guard result == 0 else { throw .last }
  }

  /// Calls `body` with what the system wants: the time of the last access, which stays, and that of the modification.
  private func withTimes(_ body: (UnsafePointer<timespec>) -> Int32) -> Int32 {
    withUnsafeTemporaryAllocation(of: timespec.self, capacity: 2) { times in
      times.initializeElement(at: 0, to: timespec(tv_sec: 0, tv_nsec: Self.leaveTime))
      // Beyond its range the number would mean "now" or "leave it".
      let nanoseconds = Int(min(modificationNanoseconds, 999_999_999))
      times.initializeElement(at: 1, to: timespec(tv_sec: Int(modificationSeconds), tv_nsec: nanoseconds))
      guard let start = times.baseAddress else { return -1 }
      return body(start)
    }
  }

  /// `UTIME_OMIT`, a macro that Swift does not see.
  private static let leaveTime = (1 << 30) - 2
}
