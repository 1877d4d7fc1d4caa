/// What both sides speak.
enum Dialect: String, CaseIterable, Sendable {
  case plainProtocol1, encryptedProtocol1, protocol2

  /// One of each protocol.
  static let protocols = [plainProtocol1, protocol2]

  /// The options with which a sender or a receiver speaks it.
  var options: [String] {
    switch self {
    case .plainProtocol1: ["--protocol", "1"]
    case .encryptedProtocol1: ["--protocol", "1", "--encrypt"]
    case .protocol2: []
    }
  }

  /// The options with which a sender skips what is there: protocol 2 does so anyway.
  var resuming: [String] { self == .protocol2 ? options : options + ["--resume"] }

  /// What a peer is told when somebody interrupts the other one.
  var interruption: String { self == .protocol2 ? "stopped: interrupted" : "cancelled" }

  /// What a peer is told when the other one is stopped by SIGTERM.
  var stop: String { self == .protocol2 ? "stopped: stopped by SIGTERM before the end" : "(stopped)" }

  /// The number of directories as a summary shows it; protocol 1 has none.
  func directories(_ count: Int) -> String {
    self == .protocol2 ? " \(count) director\(count == 1 ? "y" : "ies")," : ""
  }
}
