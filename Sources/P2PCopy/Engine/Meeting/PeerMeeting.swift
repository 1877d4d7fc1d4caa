import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// How two peers of protocol 2 come together: connect to the relay, say hello, wait for the other one, shake hands.
struct PeerMeeting: Sendable {
  let relay: RelayAddress
  let code: PairingCode
  let role: PeerRole
  let codecs: CodecRegistry
  let peerTimeout: Duration
  let stepTimeout: Duration
  let silenceLimit: Duration
  let transportOptions: TransportOptions
  let monitor: TransferMonitor

  /// Meets the other peer and runs a session with it.
  ///
  /// - Parameter session: What to do, over the session's first lane.
  /// - Throws: ``P2PCopyError``; the other side is told, as far as that is possible.
  func run(_ session: (PeerSession, Lane) async throws -> Void) async throws {
    let transport = try codecs.transport(to: relay)
    guard let cipher = codecs.cipher(named: Protocol2Suite.bootstrapCipherName) else {
      throw codecs.missing(.cipher, Protocol2Suite.bootstrapCipherName, forProtocol: 2)
    }
    let stretched = try StretchedCode(code, codecs: codecs)
    let connection = try await transport.connect(
      to: relay.appendingQuery("rendezvous", stretched.rendezvous).endpoint, options: transportOptions)
    try await Goodbye.onFailure(connection, role: role) {
      let handshake = Handshake(
        link: HandshakeLink(connection: connection, role: role), rendezvous: stretched.rendezvous,
        stepTimeout: stepTimeout)
      // Stretching takes a while, and so does the other peer: both at once.
      async let exchange = KeyExchangeBox(stretched.beginKeyExchange(as: role, codecs: codecs))
      try await handshake.link.send(.hello(rendezvous: stretched.rendezvous, role: role))
      monitor.emit(.waitingForPeer(relay: relay))
      let schedule: KeySchedule
      switch role {
      case .sender:
        try await handshake.awaitReceiver(timeout: peerTimeout)
        schedule = try await handshake.run(asSenderWith: exchange.context)
      case .receiver:
        let pake = try await handshake.awaitSender(timeout: peerTimeout)
        schedule = try await handshake.run(asReceiverWith: exchange.context, answering: pake)
      }
      monitor.emit(.paired)
      let peers = PeerSession(
        schedule: schedule, role: role, bootstrapCipher: cipher, silenceLimit: silenceLimit)
      let lane = try peers.openLane(over: connection)
      do {
        try await session(peers, lane)
      } catch {
        await lane.reportFailure(error)
        throw error
      }
    }
  }
}

/// Carries a key exchange from the task that stretched the code to the one that shakes hands.
///
/// Safe although a context is not `Sendable`: only one of them has it at a time.
private final class KeyExchangeBox: @unchecked Sendable {
  let context: any KeyExchangeContext
  init(_ context: any KeyExchangeContext) { self.context = context }
}
