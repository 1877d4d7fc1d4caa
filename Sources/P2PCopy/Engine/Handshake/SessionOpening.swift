import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// How a session of protocol 2 comes to be: two peers find each other and shake hands; and how another one takes its place,
/// when one of the two processes was started again.
struct SessionOpening: Sendable {
  let rendezvous: any Rendezvous
  let code: PairingCode
  let role: PeerRole
  let codecs: CodecRegistry
  let stepTimeout: Duration
  let silenceLimit: Duration
  /// How long after the last progress to go on dialling when a lane is lost; zero when that ends the session.
  let retryDuration: Duration
  /// How long a lost lane is dialled before somebody is looked for who has taken the other side's place; `nil` when nobody
  /// can, since what is sent or received is there only once.
  let successorDelay: Duration?
  let monitor: TransferMonitor

  /// Finds the other peer and runs a session with it; and once more with each that takes its place.
  ///
  /// - Parameter session: What to do, over the session's first lane, and how to find the other peer again. Called again with a new session when the other peer was started again.
  /// - Throws: ``P2PCopyError``; the other side is told, as far as that is possible.
  func run(_ session: (PeerSession, Lane, LaneDialing) async throws -> Void) async throws {
    guard let cipher = codecs.cipher(named: Protocol2Suite.bootstrapCipherName) else {
      throw codecs.missing(.cipher, Protocol2Suite.bootstrapCipherName, forProtocol: 2)
    }
    let stretched = try StretchedCode(code, codecs: codecs)
    // Stretching takes a while, and so does finding the other peer: both at once.
    async let exchange = KeyExchangeBox(stretched.beginKeyExchange(as: role, codecs: codecs))
    let peer = try await rendezvous.findPeer(by: stretched.rendezvous)
    let context: any KeyExchangeContext
    do {
      context = try await exchange.context
    } catch {
      await Goodbye.say(error, over: peer.connection, role: role)
      throw error
    }
    var opened = try await shakeHands(with: peer, context, cipher, stretched.rendezvous) { _ in true }
    monitor.emit(.paired)
    var watch: SuccessorWatch?
    if retryDuration > .zero, let successorDelay {
      watch = SuccessorWatch(delay: successorDelay, logger: monitor.logger) { buffers, may in
        let context = try stretched.beginKeyExchange(as: role, codecs: codecs)
        let peer = try await rendezvous.findPeer(by: stretched.rendezvous, reusing: buffers)
        return try await shakeHands(with: peer, context, cipher, stretched.rendezvous, may)
      }
    }
    while let successor = try await run(session, with: opened, watch) {
      monitor.beginAgain()
      opened = successor
    }
  }

  /// Shakes hands with a peer that was found.
  ///
  /// - Returns: The session that begins with it.
  /// - Throws: ``P2PCopyError``; the peer has been told.
  private func shakeHands(
    with peer: FoundPeer, _ context: any KeyExchangeContext, _ cipher: any Cipher, _ rendezvous: String,
    _ may: (Handshake.SenderStep) -> Bool
  ) async throws -> OpenedSession {
    try await Goodbye.onFailure(peer.connection, role: role) {
      let handshake = Handshake(
        connection: HandshakeConnection(transportConnection: peer.connection, role: role), rendezvous: rendezvous,
        stepTimeout: stepTimeout)
      let schedule =
        switch role {
        case .sender: try await handshake.run(asSenderWith: context, if: may)
        case .receiver: try await handshake.run(asReceiverWith: context, after: peer.firstMessage)
        }
      return OpenedSession(
        session: PeerSession(
          schedule: schedule, role: role, bootstrapCipher: cipher, silenceLimit: silenceLimit, logger: monitor.logger),
        connection: peer.connection)
    }
  }

  /// Runs a session to its end.
  ///
  /// - Returns: The session that takes its place, if the other peer was started again.
  private func run(
    _ body: (PeerSession, Lane, LaneDialing) async throws -> Void, with opened: OpenedSession, _ watch: SuccessorWatch?
  ) async throws -> OpenedSession? {
    let session = opened.session
    let dialing = LaneDialing(
      session, rendezvous, buffers: opened.connection.buffers, patience: retryDuration, watch)
    do {
      let lane = try session.openFirstLane(over: opened.connection)
      try await body(session, lane, dialing)
      return dialing.successor
    } catch {
      if !Task.isCancelled, let successor = dialing.successor {
        for lane in session.lanes { lane.connection.abort() }
        return successor
      }
      await dialing.successor?.end(because: error)
      // Over whichever lanes there are now.
      await session.end(because: error)
      if session.lanes.isEmpty { await Goodbye.say(error, over: opened.connection, role: role) }
      // Before anything was agreed there is nothing to dial a lane with: both meet as at the beginning.
      guard let watch, !session.hasAgreed, let error = error as? P2PCopyError,
        error.isLostConnection || error.isStop
      else { throw error }
      return try await withDeadline(retryDuration, orThrow: error) {
        try await watch.awaitSuccessor(reusing: nil, if: { _ in true })
      }
    }
  }
}

/// A session whose handshake is done, and the connection that it went over.
struct OpenedSession: Sendable {
  let session: PeerSession
  let connection: any TransportConnection

  /// Ends a session that is not begun.
  func end(because error: any Error) async {
    await Goodbye.say(error, over: connection, role: session.role)
  }
}

/// Carries a key exchange from the task that stretched the code to the one that shakes hands.
///
/// Safe although a context is not `Sendable`: only one of them has it at a time.
private final class KeyExchangeBox: @unchecked Sendable {
  let context: any KeyExchangeContext
  init(_ context: any KeyExchangeContext) { self.context = context }
}
