import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import P2PCopyCore
import P2PCopyRelay
import TestSupport
import WebSocketFraming

/// A server on a free loopback port that does the WebSocket handshake by NIO and then whatever a test says, rules or not.
final class TestServer: Sendable {
  let port: Int
  private let channel: any Channel
  private let peers: AsyncStream<ServerPeer>

  /// - Parameters:
  ///   - tls: The server's certificate; `nil` for plain TCP.
  ///   - greeting: Bytes that leave in one write with the answer to the handshake.
  ///   - headers: Added to that answer.
  /// - Returns: The listening server.
  /// - Throws: When there is no port.
  static func start(
    tls: NIOSSLContext? = nil, greeting: [UInt8] = [], headers: HTTPHeaders = [:]
  ) async throws -> TestServer {
    let (peers, continuation) = AsyncStream.makeStream(of: ServerPeer.self)
    let channel = try await bootstrap(tls) { channel in
      let gate = FlushGate()
      try channel.pipeline.syncOperations.addHandler(gate)
      let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(headers) },
        upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
      let configuration = NIOTypedHTTPServerUpgradeConfiguration<Void>(
        upgraders: [
          BareUpgrader(handshake: upgrader) { channel in
            let handler = PeerHandler()
            try channel.pipeline.syncOperations.addHandler(handler)
            if !greeting.isEmpty { channel.writeAndFlush(ByteBuffer(bytes: greeting), promise: nil) }
            try channel.pipeline.syncOperations.handler(type: FlushGate.self).open()
            continuation.yield(ServerPeer(channel: channel, frames: handler.frames))
          }
        ],
        notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededVoidFuture() })
      _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
        configuration: NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: configuration))
    }
    return TestServer(channel: channel, peers: peers)
  }

  /// A server that does no handshake: it waits for the end of the request, or for anything that is none, sends `answer` and closes if told so.
  static func answering(_ answer: String, closes: Bool = false) async throws -> TestServer {
    let (peers, continuation) = AsyncStream.makeStream(of: ServerPeer.self)
    let channel = try await bootstrap(nil) { channel in
      try channel.pipeline.syncOperations.addHandler(RawAnswer(answer, closes: closes))
      continuation.yield(ServerPeer(channel: channel, frames: AsyncStream { $0.finish() }))
    }
    return TestServer(channel: channel, peers: peers)
  }

  private init(channel: any Channel, peers: AsyncStream<ServerPeer>) {
    self.channel = channel
    self.peers = peers
    port = channel.localAddress?.port ?? 0
  }

  deinit {
    channel.close(promise: nil)
  }

  /// The next client.
  func accept() async throws -> ServerPeer {
    for await peer in peers { return peer }
    throw ChannelError.eof
  }

  private static func bootstrap(
    _ tls: NIOSSLContext?, _ setUp: @escaping @Sendable (any Channel) throws -> Void
  ) async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try setUp(channel)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }
}

/// Does the handshake of another upgrader without its frame handlers.
private struct BareUpgrader: NIOTypedHTTPServerProtocolUpgrader {
  let handshake: NIOTypedWebSocketServerUpgrader<Void>
  let install: @Sendable (any Channel) throws -> Void

  var supportedProtocol: String { handshake.supportedProtocol }
  var requiredUpgradeHeaders: [String] { handshake.requiredUpgradeHeaders }

  func buildUpgradeResponse(
    channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
  ) -> EventLoopFuture<HTTPHeaders> {
    handshake.buildUpgradeResponse(
      channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
  }

  func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture { try install(channel) }
  }
}

/// Gathers everything until it is opened, so that it leaves in one write. What it gathers counts as written, since NIO
/// goes on with a switch only when its answer is.
private final class FlushGate: ChannelOutboundHandler {
  typealias OutboundIn = IOData
  typealias OutboundOut = ByteBuffer
  private var context: ChannelHandlerContext?
  private var gathered: ByteBuffer? = ByteBuffer()

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard gathered != nil, case .byteBuffer(let bytes) = unwrapOutboundIn(data) else {
      context.write(data, promise: promise)
      return
    }
    gathered?.writeImmutableBuffer(bytes)
    promise?.succeed()
  }

  func open() {
    guard let gathered, let context else { return }
    self.gathered = nil
    context.writeAndFlush(wrapOutboundOut(gathered), promise: nil)
  }
}

/// Hands frames of the client to the test.
private final class PeerHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  let frames: AsyncStream<Frame>
  private let continuation: AsyncStream<Frame>.Continuation
  private var reader = FrameReader(fromClient: true)

  init() {
    (frames, continuation) = AsyncStream.makeStream(of: Frame.self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    reader.append(unwrapInboundIn(data))
    do {
      while let frame = try reader.next() { continuation.yield(frame) }
    } catch {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    continuation.finish()
  }
}

/// Answers a request with text that need not be HTTP.
private final class RawAnswer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let answer: String
  private let closes: Bool
  private var request = ""

  init(_ answer: String, closes: Bool) {
    self.answer = answer
    self.closes = closes
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    request += String(buffer: unwrapInboundIn(data))
    guard request.hasSuffix("\r\n\r\n") || !request.hasPrefix("GET") else { return }
    context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
    if closes { context.close(promise: nil) }
  }
}

/// The server's end of one connection.
struct ServerPeer: Sendable {
  let channel: any Channel
  let frames: AsyncStream<Frame>

  /// The next frame of the client; `nil` once it is gone.
  func next() async -> Frame? {
    for await frame in frames { return frame }
    return nil
  }

  func send(_ frames: Frame...) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: frames.flatMap { $0.encoded() }))
  }

  func close() async throws {
    try await channel.close()
  }
}

extension RelayAddress {
  /// A server of this test.
  static func loopback(
    _ port: Int, scheme: String = "ws", host: String = "127.0.0.1", target: String = ""
  ) throws -> RelayAddress {
    try RelayAddress("\(scheme)://\(host):\(port)\(target)")
  }
}

extension Endpoint {
  /// A server of this test.
  static func loopback(
    _ port: Int, scheme: String = "ws", host: String = "127.0.0.1", target: String = ""
  ) throws -> Endpoint {
    try RelayAddress.loopback(port, scheme: scheme, host: host, target: target).endpoint
  }
}

extension TestCertificate {
  /// The certificate as a relay takes it.
  var relayFiles: RelayTLSFiles { RelayTLSFiles(certificateFile: certificateFile, privateKeyFile: keyFile) }

  /// What a server shows.
  func serverContext() throws -> NIOSSLContext {
    try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) },
        privateKey: .privateKey(NIOSSLPrivateKey(file: keyFile, format: .pem))))
  }
}
