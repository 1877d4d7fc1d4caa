import P2PCopyCore
package import P2PCopyPlatform

extension EntryMetadata {
  /// Gives mode and times to an open file: after everything is written, because writing changes the times and takes the
  /// setuid bit away.
  ///
  /// - Parameters:
  ///   - descriptor: The open file.
  ///   - keepingSetID: Whether setuid and setgid bits are kept.
  ///   - status: Its status, when that is known.
  /// - Returns: What the file system refused.
  package func apply(
    to descriptor: borrowing FileDescriptor, keepingSetID: Bool, status: FileStatus? = nil
  ) -> MetadataRefusal {
    let number = descriptor.number
    var refusal = MetadataRefusal()
    let wanted = permissions(keepingSetID: keepingSetID)
    // On network file systems every change of a mode is a round trip.
    if (status ?? (try? descriptor.status()))?.permissions != wanted, fchmod(number, mode_t(wanted)) != 0 {
      refusal.mode = .last
    }
    if withTimes({ futimens(number, $0) }) != 0 { refusal.time = .last }
    return refusal
  }

  /// Gives mode and times to a directory.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - origin: Where it comes from. One that this transfer made keeps the setgid bit that it has from the directory it is
  ///     in, which gives the group to what is made there. One that was there before gets no right that it did not have,
  ///     and keeps its setuid, setgid and sticky bits.
  ///   - keepingSetID: Whether setuid and setgid bits are kept.
  /// - Returns: What the file system refused.
  package func apply(to directory: DirectoryHandle, origin: DirectoryOrigin, keepingSetID: Bool) -> MetadataRefusal {
    let status: FileStatus
    do {
      status = try directory.descriptor.status()
    } catch {
      return MetadataRefusal(mode: error, time: error)
    }
    let wanted = permissions(of: status, origin: origin, keepingSetID: keepingSetID)
    var refusal = MetadataRefusal()
    if status.permissions != wanted, directory.setMode(mode_t(wanted)) != 0 { refusal.mode = .last }
    if withTimes({ directory.setTimes($0) }) != 0 { refusal.time = .last }
    return refusal
  }

  /// The permissions that a directory gets, see ``apply(to:origin:keepingSetID:)``.
  package func permissions(of directory: FileStatus, origin: DirectoryOrigin, keepingSetID: Bool) -> UInt16 {
    switch origin {
    case .made: permissions(keepingSetID: keepingSetID) | directory.permissions & 0o2000
    case .found: directory.permissions & (0o7000 | mode & 0o777)
    }
  }

  /// Gives the times to a symbolic link, not to what it points to. Linux knows no modes of links.
  ///
  /// - Parameters:
  ///   - name: The link.
  ///   - directory: The directory it is in.
  /// - Returns: What the file system refused.
  func applyToLink(name: [UInt8], in directory: DirectoryHandle) -> MetadataRefusal {
    let result = withTimes { times in
      name.withCString { utimensat(directory.descriptor.number, $0, times, AT_SYMLINK_NOFOLLOW) }
    }
    return MetadataRefusal(time: result == 0 ? nil : .last)
  }

  private func permissions(keepingSetID: Bool) -> UInt16 { mode & (keepingSetID ? 0o7777 : 0o1777) }

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

/// What of an entry's mode and times the file system refused to take, as FAT, CIFS and FUSE do, and a directory that is
/// somebody else's. Its content is not concerned.
package struct MetadataRefusal: Sendable, Hashable {
  /// Why the mode could not be set; `nil` when it was, or was not to be.
  package var mode: SystemError?

  /// Why the time of the last modification could not be set; `nil` when it was, or was not to be.
  package var time: SystemError?

  /// Whether nothing was refused.
  package var isEmpty: Bool { mode == nil && time == nil }
}
