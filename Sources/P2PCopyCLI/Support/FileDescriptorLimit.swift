import P2PCopyPlatform

/// How many files and sockets the process may have open.
enum FileDescriptorLimit {
  /// Raises the limit as far as the system lets this user: a relay has one socket for each peer, and a sender or receiver
  /// keeps directories open.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
