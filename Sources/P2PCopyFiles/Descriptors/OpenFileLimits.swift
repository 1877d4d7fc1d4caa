import P2PCopyPlatform

/// How many directories are kept open for the files that follow.
package enum OpenDirectoryLimit {
  private static let maximum = 64

  /// What else is open in a process that sends or receives.
  private static let others = 32

  /// So many as may be kept by each of the two tasks that keep some: fewer where the process may have few open files.
  package static var current: Int { max(1, min(maximum, (ProcessFileLimit.current - others) / 4)) }
}

/// How many files are kept open to be read again, should what was sent of them be lost.
package enum OpenFileLimit {
  private static let maximum = 256

  /// What else is open, directories and connections among them.
  private static let others = 40

  /// So many: fewer where the process may have few open files.
  package static var current: Int { max(2, min(maximum, (ProcessFileLimit.current - others) / 2)) }
}

private enum ProcessFileLimit {
  /// How many files the process may have open; 0 when that cannot be known.
  static var current: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur)
  }
}
