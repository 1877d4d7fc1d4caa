package import P2PCopyCore
import P2PCopyWire

/// A rendezvous without a relay: one peer listens, the other one connects to it and says hello as it would to a relay.
package struct DirectRendezvous: Rendezvous {
  /// What a peer does to meet the other one.
  package enum Side: Sendable {
    /// It connects.
    case connecting(to: Endpoint)
    /// It takes who comes.
    case listening(any TransportListener)
  }

  /// How long somebody who has connected may take for the hello.
  private static let helloTimeout = Duration.seconds(10)

  /// How many may be about to say hello; the others wait for a place.
  private static let maximumGuestCount = 16

  private enum Way {
    case connecting(any Transport, Endpoint)
    case listening(any TransportListener)
  }

  private let way: Way
  private let settings: RendezvousSettings

  /// Nothing is connected yet.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when there is no transport to the endpoint, or the
  ///   protocol cannot do without a relay.
  package init(_ side: Side, codecs: CodecRegistry, settings: RendezvousSettings) throws(P2PCopyError) {
    guard settings.transferProtocol == .two else {
      throw P2PCopyError(.usage, "protocol 1 needs a relay", remedy: .useProtocol2)
    }
    switch side {
    case .connecting(let endpoint): way = .connecting(try codecs.transport(for: endpoint), endpoint)
    case .listening(let listener): way = .listening(listener)
    }
    self.settings = settings
  }

  // Whoever waits at a listener turns away everybody else.
  package var canFindSeveral: Bool { false }

  package func findPeer(by identifier: String, reusing buffers: MessageBufferPool?) async throws -> FoundPeer {
    switch way {
    case .connecting(let transport, let endpoint):
      let connection = try await transport.connect(to: endpoint, options: settings.transportOptions(reusing: buffers))
      return try await Goodbye.onFailure(connection, role: settings.role) {
        let greeting = Greeting(connection: connection, host: "the other side", settings: settings)
        try await greeting.sayHello(identifier)
        return try await greeting.awaitPeer()
      }
    case .listening(let listener):
      return FoundPeer(
        connection: try await withDeadline(settings.peerTimeout, orThrow: settings.nobodyCame) {
          try await firstGuest(at: listener, whoKnows: identifier)
        })
    }
  }

  private enum Event {
    case came(any TransportConnection)
    case greeted((any TransportConnection)?)
  }

  /// Listens to everybody at the same time, so that a stranger who says nothing keeps nobody out.
  private func firstGuest(
    at listener: any TransportListener, whoKnows identifier: String
  ) async throws -> any TransportConnection {
    try await withThrowingTaskGroup(of: Event.self) { group in
      defer { group.cancelAll() }
      var guestCount = 0
      group.addTask { .came(try await listener.accept()) }
      while let event = try await group.next() {
        switch event {
        case .came(let connection):
          guestCount += 1
          group.addTask { .greeted(await greet(connection, expecting: identifier)) }
          if guestCount < Self.maximumGuestCount { group.addTask { .came(try await listener.accept()) } }
        case .greeted(let connection?): return connection
        case .greeted(nil):
          guestCount -= 1
          // Nobody accepted while all places were taken.
          if guestCount == Self.maximumGuestCount - 1 { group.addTask { .came(try await listener.accept()) } }
        }
      }
      throw CancellationError()
    }
  }

  /// - Returns: The connection when it is the other peer's; else that has been ended.
  private func greet(
    _ connection: any TransportConnection, expecting identifier: String
  ) async -> (any TransportConnection)? {
    let expected = RendezvousMessage.hello(
      identifier: identifier, role: settings.role.other, protocolNumber: settings.protocolNumber)
    let refusal = RendezvousMessage.refused(
      code: "no-such-peer", message: "nobody here waits for a \(settings.role.other) with this code and protocol")
    let isPeer = try? await withDeadline(Self.helloTimeout, orThrow: P2PCopyError(.peerLeft, "no hello came")) {
      guard case .text(let text)? = try await connection.receive() else { return false }
      let isPeer = try RendezvousMessage(decoding: text) == expected
      try await connection.send(.text((isPeer ? .ready : refusal).encoded()))
      if !isPeer { try await connection.finish(TransportClosure(.refused, text: "no such peer")) }
      return isPeer
    }
    if isPeer == true { return connection }
    connection.abort()
    return nil
  }
}
