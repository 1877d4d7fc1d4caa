/// A relay process.
struct Relay: Sendable {
  let command: RunningCommand
  /// Where it listens, such as `ws://127.0.0.1:40123`.
  let url: String
  let port: UInt16
}
