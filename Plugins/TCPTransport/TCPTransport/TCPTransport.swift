import NIOCore
public import NIOPosix
import NIOTransportSupport
public import P2PCopyCore

/// Messages over a TCP connection, without a relay: one side listens, the other one connects.
///
/// Nothing is encrypted, and nobody proves who it is: that is for what travels. Each message is a frame of a kind, a length
/// and the payload (`TCPFrameHeader`).
public struct TCPTransport: Transport, CodecPlugin {
  private let group: MultiThreadedEventLoopGroup

  /// A transport on the threads that all of the process shares.
  public init() {
    self.init(eventLoopGroup: .singleton)
  }

  /// A transport on threads of the caller's.
  ///
  /// - Parameter eventLoopGroup: Has to outlive every connection and listener made.
  public init(eventLoopGroup: MultiThreadedEventLoopGroup) {
    group = eventLoopGroup
  }

  /// Adds the transport to a registry.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(TCPTransport())
  }

  /// `tcp`.
  public var name: CodecName { "tcp" }

  /// One line about it.
  public var summary: String { "TCP between the two sides (tcp), without a relay" }

  /// `tcp`.
  public var schemes: [String] { ["tcp"] }

  /// Plain, and both ways.
  public func properties(forScheme scheme: String) -> TransportProperties {
    TransportProperties(isEncrypted: false, canListen: true, maximumMessageByteCount: Int(UInt32.max))
  }

  /// Connects to somebody who listens.
  ///
  /// - Parameters:
  ///   - endpoint: `tcp://HOST:PORT`.
  ///   - options: Limits.
  /// - Returns: The open connection. It is closed when the last reference to it goes.
  /// - Throws: `P2PCopyError` with code `relayUnreachable` and a message that says what can be done, with code `usage` for
  ///   another endpoint, or `CancellationError`.
  public func connect(to endpoint: Endpoint, options: TransportOptions) async throws -> any TransportConnection {
    let address = try TCPAddress(endpoint)
    guard address.port > 0 else { throw TCPAddress.malformed(endpoint, "port 0 is for listening") }
    let peer = "the other side at \(endpoint)"
    return try await ConnectAttempt.run(
      to: ConnectTarget(host: address.host, port: address.port, shown: endpoint.description, listener: "peer"),
      within: options.connectTimeout, on: group.any()
    ) { channel in
      channel.eventLoop.makeCompletedFuture { try FramedConnection.overTCP(channel, peer: peer, options: options) }
    }
  }

  /// Listens.
  ///
  /// - Parameters:
  ///   - endpoint: `tcp://HOST:PORT`; the system chooses when the port is 0.
  ///   - options: Limits of the connections that come.
  /// - Returns: The listener. Up to 128 connections wait in the system until they are accepted.
  /// - Throws: `P2PCopyError` with code `relayNotStarted` when the system does not let it, with code `usage` for another
  ///   endpoint.
  public func listen(at endpoint: Endpoint, options: TransportOptions) async throws -> any TransportListener {
    try await TCPListener.open(at: TCPAddress(endpoint), for: endpoint, options: options, on: group)
  }
}
