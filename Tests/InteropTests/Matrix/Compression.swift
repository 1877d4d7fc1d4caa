/// The sender's `--compress`.
enum Compression: String, CaseIterable, Sendable {
  case auto
  case on
  case off
}
