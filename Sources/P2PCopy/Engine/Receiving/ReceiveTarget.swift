import P2PCopyCore

/// Where a session puts what it receives.
enum ReceiveTarget: Sendable {
  /// Below a directory.
  case directory(LocalPath)
  /// The content of one file to standard output.
  case standardOutput
}
