import P2PCopyCore

extension P2PCopyError {
  /// Whether a file changed while it was read. What helps is to send it again, which the sender does once by itself.
  var isSourceChange: Bool { code == .sourceUnreadable && remedy == .sendAgain }

  /// How long a file that changed is left alone before it is read once more: who writes a file changes it more than once,
  /// its content and then its time, for example.
  static let sourceChangePause = Duration.milliseconds(200)
}
