import P2PCopyPlatform

/// How many directories are kept open for the files that follow.
package enum OpenDirectoryLimit {
  private static let maximum = 64

  /// What else is open in a process that sends or receives.
  private static let others = 32

  /// So many as may be kept by each of the two tasks that keep some: fewer where the process may have few open files.
  package static var current: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1 }
    return max(1, min(maximum, (Int(clamping: limit.rlim_cur) - others) / 4))
  }
}
