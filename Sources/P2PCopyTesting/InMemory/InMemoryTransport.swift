public import P2PCopyCore

/// A transport without a network: its connections meet in an ``InMemoryRelay`` of the same process.
///
/// ```swift
/// let relay = InMemoryRelay()
/// let registry = … // register(InMemoryTransport(relay: relay))
/// let address = try RelayAddress("memory://relay")
/// ```
///
/// Every address with the scheme `memory` leads to the one relay that the transport was made with.
public struct InMemoryTransport: Transport {
  /// Where the connections meet.
  public let relay: InMemoryRelay

  /// Creates a transport.
  ///
  /// - Parameter relay: Made per test, so that tests running in parallel cannot meet each other.
  public init(relay: InMemoryRelay) {
    self.relay = relay
  }

  /// `memory`.
  public var name: CodecName { "memory" }

  /// One line about it.
  public var summary: String { "pairs the two sides inside one process; for tests" }

  /// `memory`.
  public var schemes: [String] { ["memory"] }

  /// Nothing leaves the process. Only its relay can be connected to.
  public func properties(forScheme scheme: String) -> TransportProperties {
    TransportProperties(isEncrypted: true, canListen: false)
  }

  /// Opens a connection to ``relay``; never waits and never fails.
  ///
  /// - Parameters:
  ///   - endpoint: Anything; there is one relay only.
  ///   - options: Only `TransportOptions.maximumMessageByteCount` matters.
  /// - Returns: A connection on which nothing has been said.
  /// - Throws: Nothing.
  public func connect(
    to endpoint: Endpoint, options: TransportOptions
  ) async throws -> any TransportConnection {
    InMemoryConnection(relay: relay, maximumMessageByteCount: options.maximumMessageByteCount)
  }
}
