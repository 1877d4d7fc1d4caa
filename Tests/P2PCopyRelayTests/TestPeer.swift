import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import WebSocketFraming

/// A client over a real socket that says exactly what the test wants.
final class TestPeer {
  private final class Inbox: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let continuation: AsyncStream<ByteBuffer>.Continuation

    init(_ continuation: AsyncStream<ByteBuffer>.Continuation) {
      self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      continuation.yield(Self.unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
      continuation.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }

  static let upgradeRequest = """
    GET /any/path?rendezvous=0 HTTP/1.1\r
    Host: relay\r
    Upgrade: websocket\r
    Connection: Upgrade\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    Sec-WebSocket-Version: 13\r
    \r\n
    """

  let channel: any Channel
  private var inbox: AsyncStream<ByteBuffer>.Iterator
  private var reader = FrameReader(fromClient: false)

  private init(channel: any Channel, inbox: AsyncStream<ByteBuffer>) {
    self.channel = channel
    self.inbox = inbox.makeAsyncIterator()
  }

  /// Opens a TCP connection, or a TLS one that trusts a certificate.
  static func dial(port: Int, host: String = "127.0.0.1", trusting certificateFile: String? = nil) async throws
    -> TestPeer
  {
    let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
    var tls: NIOSSLContext?
    if let certificateFile {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.trustRoots = .file(certificateFile)
      tls = try NIOSSLContext(configuration: configuration)
    }
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { [tls] channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
          }
          try channel.pipeline.syncOperations.addHandler(Inbox(continuation))
        }
      }
      .connect(host: host, port: port).get()
    return TestPeer(channel: channel, inbox: stream)
  }

  /// Dials and upgrades.
  static func upgraded(port: Int, target: String) async throws -> TestPeer {
    let peer = try await dial(port: port)
    peer.send(Array(upgradeRequest.replacing("/any/path?rendezvous=0", with: target).utf8))
    _ = try await peer.response()
    return peer
  }

  /// Dials, upgrades and says hello.
  static func connect(
    port: Int, code: String, role: String, trusting certificateFile: String? = nil
  ) async throws -> TestPeer {
    let peer = try await dial(port: port, trusting: certificateFile)
    peer.send(Array(upgradeRequest.utf8))
    _ = try await peer.response()
    peer.send(ClientFrame.hello(code, role))
    return peer
  }

  /// A sender that has got its ready, and its receiver.
  static func connectPair(
    port: Int, code: String, trusting certificateFile: String? = nil
  ) async throws -> (sender: TestPeer, receiver: TestPeer) {
    let receiver = try await connect(port: port, code: code, role: "receiver", trusting: certificateFile)
    let sender = try await connect(port: port, code: code, role: "sender", trusting: certificateFile)
    guard try await sender.frame() == .ready else { throw ChannelError.eof }
    return (sender, receiver)
  }

  func send(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  /// Returns when the system has taken everything so far.
  func flush() async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: ClientFrame.bytes(.pong, []))).get()
  }

  /// The next frame, or `nil` at the end of the connection.
  func frame() async throws -> Frame? {
    while true {
      if let frame = try reader.next() { return frame }
      guard let buffer = await inbox.next() else { return nil }
      reader.append(buffer)
    }
  }

  /// The head of an HTTP response.
  func response() async throws -> String {
    while true {
      if let head = reader.take(through: "\r\n\r\n") { return String(decoding: head, as: UTF8.self) }
      guard let buffer = await inbox.next() else { throw ChannelError.eof }
      reader.append(buffer)
    }
  }

  /// Everything up to the end of the connection.
  func rest() async -> String {
    while let buffer = await inbox.next() { reader.append(buffer) }
    return String(decoding: reader.takeAll(), as: UTF8.self)
  }

  func setReading(_ isReading: Bool) async throws {
    try await channel.setOption(.autoRead, value: isReading).get()
    if isReading { channel.read() }
  }

  /// Breaks the connection off.
  func vanish() async {
    try? await channel.close()
  }
}
