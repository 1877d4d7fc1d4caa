import P2PCopyCore
import P2PCopyTesting
import TestSupport

/// A raw peer that meets the other side inside the test.
struct InMemoryPeer: RawPeer {
  let connection: any TransportConnection

  /// Connects and says hello for a plain code.
  static func connect(as role: PeerRole, to relay: InMemoryRelay, code: String = code) async throws -> InMemoryPeer {
    let peer = try await dial(relay)
    try await peer.sayHello(as: role, code: code)
    if role == .sender { _ = try await peer.receive() }
    return peer
  }

  /// Connects and says hello with a code hash.
  static func connect(as role: PeerRole, to relay: InMemoryRelay, codeHash: [UInt8]) async throws -> InMemoryPeer {
    let peer = try await dial(relay)
    try await peer.sayHello(as: role, codeHash: codeHash)
    if role == .sender { _ = try await peer.receive() }
    return peer
  }

  private static func dial(_ relay: InMemoryRelay) async throws -> InMemoryPeer {
    let connection = try await InMemoryTransport(relay: relay).connect(
      to: Endpoint(scheme: "memory", address: "relay"), options: TransportOptions())
    return InMemoryPeer(connection: connection)
  }

  func send(_ message: TransportMessage) async throws {
    try await connection.send(message)
  }

  func receive() async throws -> TransportMessage? {
    try await connection.receive()
  }

  /// Ends in good order whatever the other side said.
  func finish() async {
    _ = try? await connection.finish(.normal)
  }
}
