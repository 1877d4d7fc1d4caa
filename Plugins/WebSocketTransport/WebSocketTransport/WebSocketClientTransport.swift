import NIOCore
public import NIOPosix
import NIOTransportSupport
public import P2PCopyCore

/// WebSocket (RFC 6455) over TCP or TLS: the transport every relay speaks.
///
/// `ws` is plain, `wss` is TLS with the server's certificate and name verified. Each message of a connection is one
/// WebSocket message; extensions such as permessage-deflate are not offered.
public struct WebSocketClientTransport: Transport, CodecPlugin {
  private let group: any NIOCore.EventLoopGroup

  /// A transport on the threads that all of the process shares.
  public init() {
    self.init(eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
  }

  /// A transport on threads of the caller's.
  ///
  /// - Parameter eventLoopGroup: Has to outlive every connection made.
  public init(eventLoopGroup: MultiThreadedEventLoopGroup) {
    group = eventLoopGroup
  }

  /// Adds the transport to a registry.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(WebSocketClientTransport())
  }

  /// `websocket`.
  public var name: CodecName { "websocket" }

  /// What `p2p-copy codecs` shows.
  public var summary: String { "WebSocket over TCP (ws) or TLS (wss)" }

  /// `ws` and `wss`.
  public var schemes: [String] { ["ws", "wss"] }

  /// `wss` is encrypted; neither can listen: a relay does that.
  public func properties(forScheme scheme: String) -> TransportProperties {
    TransportProperties(isEncrypted: scheme == "wss", canListen: false)
  }

  /// Connects to a relay: name resolution with both address families raced, TCP, TLS for `wss`, the WebSocket handshake.
  ///
  /// The connection goes through a proxy where `TransportOptions.proxy` or the environment names one.
  ///
  /// Certificate authorities are taken from `TransportOptions.trustRootsFile`, else from the file that the
  /// environment variable `SSL_CERT_FILE` names, else from the system.
  ///
  /// - Parameters:
  ///   - endpoint: A `ws` or `wss` URL.
  ///   - options: Limits and trust.
  /// - Returns: The open connection. It is closed when the last reference to it goes.
  /// - Throws: `P2PCopyError` with code `relayUnreachable` and a message that says which of the steps failed and what
  ///   can be done, with code `usage` for another scheme, or `CancellationError`.
  public func connect(to endpoint: Endpoint, options: TransportOptions) async throws -> any TransportConnection {
    guard schemes.contains(endpoint.scheme) else {
      throw P2PCopyError(.usage, "\(endpoint) is not a WebSocket address; give one that begins with ws:// or wss://")
    }
    return try await open(RelayAddress(endpoint), options: options)
  }

  private static func proxy(
    for address: RelayAddress, _ options: TransportOptions
  ) throws(P2PCopyError) -> ProxyAddress? {
    switch options.proxy {
    case .environment: try ProxyEnvironment().proxy(for: address)
    case .none: nil
    case .address(let proxy): proxy
    }
  }

  func open(_ address: RelayAddress, options: TransportOptions) async throws -> FramedConnection {
    try Task.checkCancellation()
    let tls = try address.scheme == "wss" ? TLSSettings(host: address.host, options: options) : nil
    let handshake = WebSocketHandshake(address: address, options: options, tls: tls)
    guard let proxy = try Self.proxy(for: address, options) else {
      return try await ConnectAttempt.run(
        to: ConnectTarget(host: address.host, port: address.port, shown: "\(address)", listener: "relay"),
        within: options.connectTimeout, on: group.any()
      ) { channel in try handshake.begin(on: channel) }
    }
    return try await ConnectAttempt.run(
      to: ConnectTarget(
        host: proxy.host, port: proxy.port, shown: "the proxy at \(proxy)", listener: "proxy",
        doubt: "can it reach \(address)?"),
      within: options.connectTimeout, on: group.any()
    ) { channel in
      try ProxyHandshake(proxy: proxy, relay: address).begin(on: channel).flatMap {
        do {
          return try handshake.begin(on: channel)
        } catch {
          return channel.eventLoop.makeFailedFuture(error)
        }
      }
    }
  }
}
