package import P2PCopyCore
import P2PCopyWire

/// A rendezvous at a relay: both peers connect to it and say hello with the same id.
package struct RelayRendezvous: Rendezvous {
  private let relay: RelayAddress
  private let transport: any Transport
  private let settings: RendezvousSettings
  private let monitor: TransferMonitor

  /// Nothing is connected yet.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when there is no transport to the relay.
  package init(
    at relay: RelayAddress, codecs: CodecRegistry, settings: RendezvousSettings, monitor: TransferMonitor
  ) throws(P2PCopyError) {
    self.relay = relay
    transport = try codecs.transport(for: relay.endpoint)
    self.settings = settings
    self.monitor = monitor
  }

  package var canFindSeveral: Bool { true }

  package func findPeer(by identifier: String, reusing buffers: MessageBufferPool?) async throws -> FoundPeer {
    // In protocol 2 the id is in the address as well, by which a load balancer brings both peers to one relay.
    let address =
      switch settings.transferProtocol {
      case .one: relay
      case .two: relay.appendingQuery("rendezvous", identifier)
      }
    monitor.willConnect(to: relay.endpoint, by: transport)
    let connection: any TransportConnection
    do {
      connection = try await transport.connect(
        to: address.endpoint, options: settings.transportOptions(reusing: buffers))
    } catch let error as P2PCopyError where settings.isOneOfSeveral && buffers == nil && !Task.isCancelled {
      monitor.notice("\(error.message); the other side is looked for at another relay")
      throw error
    }
    return try await Goodbye.onFailure(connection, role: settings.role) {
      let greeting = Greeting(connection: connection, host: "the relay", settings: settings)
      try await greeting.sayHello(identifier)
      if buffers == nil { monitor.emit(.waitingForPeer(at: relay.endpoint)) }
      return try await greeting.awaitPeer()
    }
  }
}
