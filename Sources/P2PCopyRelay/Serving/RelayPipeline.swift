import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import P2PCopyPlatform

/// Builds what the bytes of an accepted connection go through.
enum RelayPipeline {
  /// Above `high` unsent bytes the partner is no longer read, below `low` it is again. The system's own send buffer
  /// keeps the network busy meanwhile.
  private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32 << 10, high: 128 << 10)

  /// A request is a few hundred bytes; proxies add some.
  private static let requestLimits: NIOHTTPDecoderLimitConfiguration = {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 8 << 10
    limits.maxHeaderListSize = 32 << 10
    limits.maxHeaderFieldCount = 64
    return limits
  }()

  /// The bootstrap for a relay's listening sockets.
  static func bootstrap(
    group: any EventLoopGroup, switchboard: NIOLoopBound<Switchboard>, tls: NIOSSLContext?
  ) -> ServerBootstrap {
    ServerBootstrap(group: group)
      // The system takes no more than net.core.somaxconn, usually as many. Whoever does not fit tries again after a second.
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          // Out of file descriptors: pause rather than spin.
          try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.writeBufferWaterMark, value: waterMark)
      .childChannelOption(
        .recvAllocator,
        value: FixedSizeRecvByteBufferAllocator(capacity: PeerConnection.waitingReadByteCount)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try configure(channel, switchboard: switchboard.value, tls: tls)
        }
      }
  }

  private static func configure(_ channel: any Channel, switchboard: Switchboard, tls: NIOSSLContext?) throws {
    guard let connection = switchboard.accept(channel) else {
      channel.close(promise: nil)
      return
    }
    for (option, value) in tcpKeepalive {
      try? channel.syncOptions?.setOption(.tcpOption(option), value: value)
    }
    let pipeline = channel.pipeline.syncOperations
    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
    let plainHandler = PlainHTTPHandler(connection: connection)
    let upgrader = WebSocketUpgrader(connection: connection, plainHandler: plainHandler)
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: false, withServerUpgrade: ([upgrader], { _ in }),
      withEncoderConfiguration: .init(), withDecoderLimitConfiguration: requestLimits)
    try pipeline.addHandler(plainHandler)
  }

  /// The system asks an idle connection after 30 s, every 10 s, and gives it up after six questions.
  private static var tcpKeepalive: [(NIOBSDSocket.Option, Int)] {
    #if canImport(Darwin)
      let idle = TCP_KEEPALIVE
    #else
      let idle = TCP_KEEPIDLE
    #endif
    return [
      (NIOBSDSocket.Option(rawValue: idle), 30),
      (NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL), 10),
      (NIOBSDSocket.Option(rawValue: TCP_KEEPCNT), 6),
    ]
  }
}
