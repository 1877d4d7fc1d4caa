package import P2PCopyCore

/// How a peer finds the other one that has the same code. What comes after that, the handshake and the session, knows
/// nothing of how they met.
package protocol Rendezvous: Sendable {
  /// Finds the other peer. Called again, it gives another connection.
  ///
  /// - Parameters:
  ///   - identifier: What both peers have made of their code for this, hexadecimal text. Whoever stands between sees it.
  ///   - buffers: Those of the connection that was lost, for the new one to go on with, when the peers have met before:
  ///     then the listener of the transfer is told nothing.
  /// - Returns: The peer. Whoever is found need not know the code: the handshake shows that.
  /// - Throws: ``P2PCopyError``; whoever was connected by then has been told.
  func findPeer(by identifier: String, reusing buffers: MessageBufferPool?) async throws -> FoundPeer

  /// Whether several peers, each by an id of its own, can be looked for at the same time.
  var canFindSeveral: Bool { get }
}

extension Rendezvous {
  /// Finds a peer for the first time.
  ///
  /// - Parameter identifier: As for ``findPeer(by:reusing:)``.
  /// - Returns: As that.
  /// - Throws: As that.
  package func findPeer(by identifier: String) async throws -> FoundPeer {
    try await findPeer(by: identifier, reusing: nil)
  }
}

/// The other peer, once it is there.
package struct FoundPeer: Sendable {
  /// The way to it.
  package let connection: any TransportConnection

  /// Its first message, where that is what showed that it is there; else it is still to be received.
  package let firstMessage: TransportMessage?

  package init(connection: any TransportConnection, firstMessage: TransportMessage? = nil) {
    self.connection = connection
    self.firstMessage = firstMessage
  }
}

/// Where two peers meet.
package enum RendezvousPoint: Sendable {
  /// At a relay, which both connect to; of several at the first where both are.
  case relays([RelayAddress])
  /// Without one.
  case direct(DirectRendezvous.Side)

  /// The way to find the other peer there. Nothing is connected yet.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when there is no transport to it.
  package func rendezvous(
    codecs: CodecRegistry, settings: RendezvousSettings, monitor: TransferMonitor
  ) throws(P2PCopyError) -> any Rendezvous {
    let rendezvous = try unlimitedRendezvous(codecs: codecs, settings: settings, monitor: monitor)
    guard let rateLimit = settings.rateLimit else { return rendezvous }
    return PacedRendezvous(base: rendezvous, limiter: RateLimiter(bytesPerSecond: rateLimit))
  }

  private func unlimitedRendezvous(
    codecs: CodecRegistry, settings: RendezvousSettings, monitor: TransferMonitor
  ) throws(P2PCopyError) -> any Rendezvous {
    switch self {
    case .relays(let relays):
      guard let first = relays.first else { throw P2PCopyError(.usage, "there is no relay to meet the other side at") }
      guard relays.count > 1 else {
        return try RelayRendezvous(at: first, codecs: codecs, settings: settings, monitor: monitor)
      }
      var settings = settings
      settings.isOneOfSeveral = true
      var candidates: [any Rendezvous] = []
      for relay in relays {
        candidates.append(try RelayRendezvous(at: relay, codecs: codecs, settings: settings, monitor: monitor))
      }
      return RendezvousRace(candidates)
    case .direct(let side): return try DirectRendezvous(side, codecs: codecs, settings: settings)
    }
  }
}

/// What every rendezvous needs to know.
package struct RendezvousSettings: Sendable {
  package let role: PeerRole
  package let transferProtocol: TransferProtocol
  /// The types of the other peer's messages in that protocol: it is there when one of them comes.
  package let peerTypes: Set<String>
  /// How long to wait for the other peer.
  package let peerTimeout: Duration
  package let transportOptions: TransportOptions
  /// No more bytes a second are sent over all connections together; `nil` for as many as go.
  package let rateLimit: Int64?
  /// Whether the other peer is looked for elsewhere as well, and a receiver has to see where it goes on.
  var isOneOfSeveral = false

  package init(
    role: PeerRole, transferProtocol: TransferProtocol, peerTypes: Set<String>, peerTimeout: Duration,
    transportOptions: TransportOptions, rateLimit: Int64? = nil
  ) {
    self.role = role
    self.transferProtocol = transferProtocol
    self.peerTypes = peerTypes
    self.peerTimeout = peerTimeout
    self.transportOptions = transportOptions
    self.rateLimit = rateLimit
  }

  /// The limits and trust of a connection.
  ///
  /// - Parameter buffers: Those of the connection before; `nil` for the first.
  /// - Returns: What to connect with.
  func transportOptions(reusing buffers: MessageBufferPool?) -> TransportOptions {
    var options = transportOptions
    options.buffers = buffers
    return options
  }

  /// The number that a hello has.
  var protocolNumber: UInt32? {
    switch transferProtocol {
    case .one: nil
    case .two: 2
    }
  }

  /// Nobody came in ``peerTimeout``.
  var nobodyCame: P2PCopyError {
    P2PCopyError(
      .peerNeverCame,
      "no \(role.other) with the same code came within \(Int(peerTimeout.components.seconds)) seconds",
      remedy: .compareSettings)
  }
}
