/// How a relay is reached.
enum Scheme: String, CaseIterable, Sendable {
  case ws
  case wss
}
