import P2PCopyCore
import TestSupport

/// A relay process.
struct Relay: Sendable {
  let command: RunningCommand
  /// Where it listens, such as `ws://127.0.0.1:40123`.
  let url: String
  let port: UInt16
}

extension WebSocketPeer {
  /// Connects to a relay and says hello. It reads what the test asks for and no more, so that its partner has to wait.
  static func connect(to relay: Relay, as role: PeerRole) async throws -> WebSocketPeer {
    let peer = try await upgraded(port: Int(relay.port))
    try await peer.setReading(false)
    try await peer.sayHello(as: role)
    return peer
  }
}
