import P2PCopyCore
import P2PCopyWire

/// The part of who connects: says hello and waits for the other peer, at a relay or at that peer itself.
struct Greeting: Sendable {
  /// How many messages that say nothing to it a peer puts up with.
  private static let maximumUnknownCount = 16

  let connection: any TransportConnection
  /// Who is said hello to, for messages.
  let host: String
  let settings: RendezvousSettings

  private var role: PeerRole { settings.role }

  func sayHello(_ identifier: String) async throws {
    let hello = RendezvousMessage.hello(
      identifier: identifier, role: role, protocolNumber: settings.protocolNumber)
    try await connection.send(hello.encoded(), as: role)
  }

  /// Waits for the other peer. A receiver need not be told that it is there: a relay of p2p-copy 0.1 tells the sender
  /// only, and then the sender's first message shows it.
  ///
  /// - Throws: ``P2PCopyError``.
  func awaitPeer() async throws -> FoundPeer {
    try await withDeadline(settings.peerTimeout, orThrow: settings.nobodyCame) {
      for _ in 0..<Self.maximumUnknownCount {
        if let peer = try await peer(shownBy: connection.nextMessage(as: role)) { return peer }
      }
      throw P2PCopyError(.protocolViolation, "\(host) sent too many messages of unknown types")
    }
  }

  /// - Returns: `nil` when the other peer is still not there.
  private func peer(shownBy message: TransportMessage) throws(P2PCopyError) -> FoundPeer? {
    switch try Self.read(message, as: role) {
    case .ready where settings.isOneOfSeveral && role == .receiver: return nil
    case .ready: return FoundPeer(connection: connection)
    case .waiting: return nil
    case .refused("waited-too-long", let reason):
      throw P2PCopyError(nobodyCameTo: role, said: DisplayText.escaped(reason))
    case .refused(let code, let reason):
      throw P2PCopyError(
        .relayRefused,
        "\(host) refused this connection: \(DisplayText.escaped(reason)) (\(DisplayText.escaped(code)))")
    case .other(let type) where !settings.peerTypes.contains(type): return nil
    case .hello, .other, nil:
      // Well formed or not, the sender's first message is what the protocol behind this judges.
      guard role == .receiver else {
        throw P2PCopyError(.protocolViolation, "a message came before the receiver was there")
      }
      return FoundPeer(connection: connection, firstMessage: message)
    }
  }

  /// - Returns: `nil` when it is no message of this kind.
  /// - Throws: The same at the sender, which is told that somebody is there before anybody else can say something.
  private static func read(
    _ message: TransportMessage, as role: PeerRole
  ) throws(P2PCopyError) -> RendezvousMessage? {
    guard case .text(let text) = message else { return nil }
    guard role == .receiver else { return try RendezvousMessage(decoding: text) }
    return try? RendezvousMessage(decoding: text)
  }
}
