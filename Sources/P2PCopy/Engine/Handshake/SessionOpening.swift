import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// How a session of protocol 2 comes to be: two peers find each other and shake hands.
struct SessionOpening: Sendable {
  let rendezvous: any Rendezvous
  let code: PairingCode
  let role: PeerRole
  let codecs: CodecRegistry
  let stepTimeout: Duration
  let silenceLimit: Duration
  /// How long after the last progress to go on dialling when a lane is lost; zero when that ends the session.
  let retryDuration: Duration
  let monitor: TransferMonitor

  /// Finds the other peer and runs a session with it.
  ///
  /// - Parameter session: What to do, over the session's first lane, and how to find the other peer again: not at all when a
  ///   lane that is lost ends the session.
  /// - Throws: ``P2PCopyError``; the other side is told, as far as that is possible.
  func run(_ session: (PeerSession, Lane, LaneDialing?) async throws -> Void) async throws {
    guard let cipher = codecs.cipher(named: Protocol2Suite.bootstrapCipherName) else {
      throw codecs.missing(.cipher, Protocol2Suite.bootstrapCipherName, forProtocol: 2)
    }
    let stretched = try StretchedCode(code, codecs: codecs)
    // Stretching takes a while, and so does finding the other peer: both at once.
    async let exchange = KeyExchangeBox(stretched.beginKeyExchange(as: role, codecs: codecs))
    let peer = try await rendezvous.findPeer(by: stretched.rendezvous)
    let peers: PeerSession
    do {
      let handshake = Handshake(
        connection: HandshakeConnection(transportConnection: peer.connection, role: role), rendezvous: stretched.rendezvous,
        stepTimeout: stepTimeout)
      let schedule =
        switch role {
        case .sender: try await handshake.run(asSenderWith: exchange.context)
        case .receiver: try await handshake.run(asReceiverWith: exchange.context, after: peer.firstMessage)
        }
      monitor.emit(.paired)
      peers = PeerSession(
        schedule: schedule, role: role, bootstrapCipher: cipher, silenceLimit: silenceLimit, logger: monitor.logger)
    } catch {
      await Goodbye.say(error, over: peer.connection, role: role)
      throw error
    }
    do {
      let lane = try peers.openFirstLane(over: peer.connection)
      let dialing =
        retryDuration > .zero
        ? LaneDialing(peers, rendezvous, buffers: lane.buffers, patience: retryDuration) : nil
      try await session(peers, lane, dialing)
    } catch {
      // Over whichever lane there is now.
      await peers.lane?.reportFailure(error)
      await Goodbye.say(error, over: peers.lane?.connection ?? peer.connection, role: role)
      throw error
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
