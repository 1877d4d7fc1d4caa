import P2PCopyPlatform

/// How many directories are kept open for the files that follow.
package enum OpenDirectoryLimit {
  private static let maximum = 64

  /// What else is going to be open in a process that sends or receives.
  private static let others = 16

  /// So many as may be kept by each of the two tasks that keep some: fewer where the process may open few more files.
  package static var current: Int { max(1, min(maximum, (ProcessFileLimit.free - others) / 4)) }
}

/// How many files are kept open to be read again, should what was sent of them be lost.
package enum OpenFileLimit {
  private static let maximum = 256

  /// What else is going to be open: directories, files whose content is being prepared, connections.
  private static let others = 24

  /// So many: fewer where the process may open few more files.
  package static var current: Int { max(2, min(maximum, (ProcessFileLimit.free - others) / 2)) }
}

private enum ProcessFileLimit {
  /// Where more may be open than this, there is room whatever is open already.
  private static let plenty = 4096

  /// How many files the process may open besides those that it has open, some of them since it was started: whoever starts
  /// it may leave it theirs. 0 when that cannot be known.
  static var free: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    let count = Int(clamping: limit.rlim_cur)
    guard count <= plenty else { return count }
    return count - (0..<Int32(count)).count { fcntl($0, F_GETFD) >= 0 }
  }
}
