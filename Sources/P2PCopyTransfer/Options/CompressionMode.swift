/// Whether a sender compresses.
public enum CompressionMode: String, CaseIterable, Sendable {
  /// Per file: when the first chunk shrinks below 95 % of its size.
  case auto

  /// Every file.
  case on

  /// No file.
  case off
}
