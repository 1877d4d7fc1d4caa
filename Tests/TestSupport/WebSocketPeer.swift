package import NIOCore
import NIOPosix
import NIOSSL
package import P2PCopyCore
import WebSocketFraming

/// A WebSocket client over a real socket that says exactly what the test wants.
package final class WebSocketPeer {
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

  package static let upgradeRequest = """
    GET /any/path?rendezvous=0 HTTP/1.1\r
    Host: relay\r
    Upgrade: websocket\r
    Connection: Upgrade\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    Sec-WebSocket-Version: 13\r
    \r\n
    """

  package let channel: any Channel
  private var isReading = true
  private var inbox: AsyncStream<ByteBuffer>.Iterator
  private var reader = FrameReader(fromClient: false)

  private init(channel: any Channel, inbox: AsyncStream<ByteBuffer>) {
    self.channel = channel
    self.inbox = inbox.makeAsyncIterator()
  }

  /// Opens a TCP connection, or a TLS one that trusts a certificate.
  package static func dial(port: Int, host: String = "127.0.0.1", trusting certificateFile: String? = nil) async throws
    -> WebSocketPeer
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
    return WebSocketPeer(channel: channel, inbox: stream)
  }

  /// Dials and upgrades.
  package static func upgraded(
    port: Int, target: String = "/any/path?rendezvous=0", trusting certificateFile: String? = nil
  ) async throws -> WebSocketPeer {
    let peer = try await dial(port: port, trusting: certificateFile)
    peer.send(Array(upgradeRequest.replacing("/any/path?rendezvous=0", with: target).utf8))
    _ = try await peer.response()
    return peer
  }

  package func send(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  package func send(_ frame: Frame) {
    send(frame.encoded(maskedBy: .random()))
  }

  /// Returns when the system has taken everything so far.
  package func flush() async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: Frame.pong("").encoded(maskedBy: .random()))).get()
  }

  /// The next frame, or `nil` at the end of the connection.
  package func frame() async throws -> Frame? {
    while true {
      if let frame = try reader.next() { return frame }
      guard let buffer = await nextBytes() else { return nil }
      reader.append(buffer)
    }
  }

  /// The head of an HTTP response.
  package func response() async throws -> String {
    while true {
      if let head = reader.take(through: "\r\n\r\n") { return String(decoding: head, as: UTF8.self) }
      guard let buffer = await nextBytes() else { throw ChannelError.eof }
      reader.append(buffer)
    }
  }

  /// Everything up to the end of the connection.
  package func rest() async -> String {
    while let buffer = await nextBytes() { reader.append(buffer) }
    return String(decoding: reader.takeAll(), as: UTF8.self)
  }

  private func nextBytes() async -> ByteBuffer? {
    if !isReading { channel.read() }
    return await inbox.next()
  }

  /// Reads whatever comes, or nothing but what the test asks for: only then the other side feels that it is slow.
  package func setReading(_ isReading: Bool) async throws {
    self.isReading = isReading
    try await channel.setOption(.autoRead, value: isReading).get()
    if isReading { channel.read() }
  }

  /// Breaks the connection off.
  package func vanish() async {
    try? await channel.close()
  }
}

extension WebSocketPeer: RawPeer {
  package func send(_ message: TransportMessage) {
    switch message {
    case .text(let text): send(Frame.text(text))
    case .binary(let buffer): send(Frame.binary(Array(buffer.readableBytesView)))
    }
  }

  package func receive() async throws -> TransportMessage? {
    while let frame = try await answeredFrame() {
      switch frame.opcode {
      case .text: return .text(String(decoding: frame.payload, as: UTF8.self))
      case .binary: return .binary(ByteBuffer(bytes: frame.payload))
      case .close: return nil
      case .continuation, .ping, .pong: break
      }
    }
    return nil
  }

  /// Says that all is said, reads until the end, and returns the status of the other side's Close.
  package func close(status: UInt16 = 1000) async throws -> UInt16? {
    send(Frame.close(status))
    return try await readToEnd()
  }

  /// Reads until the other side closes, and returns its status.
  @discardableResult
  package func readToEnd() async throws -> UInt16? {
    while let frame = try await answeredFrame() {
      if let status = frame.closeStatus { return status }
    }
    return nil
  }

  /// The next frame; a ping or a Close is answered as by any client.
  private func answeredFrame() async throws -> Frame? {
    guard let frame = try await frame() else { return nil }
    switch frame.opcode {
    case .ping: send(Frame(opcode: .pong, payload: frame.payload))
    case .close: send(Frame(opcode: .close, payload: frame.payload))
    case .pong, .continuation, .text, .binary: break
    }
    return frame
  }
}
