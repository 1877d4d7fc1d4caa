import NIOCore
import NIOHTTP1
import NIOSOCKS
import P2PCopyCore

/// Has a proxy connect to a relay, over a TCP connection to the proxy.
struct ProxyHandshake: Sendable {
  let proxy: ProxyAddress
  let relay: RelayAddress

  /// What to do about whatever goes wrong.
  private func failure(_ message: String, cause: (any Error)? = nil) -> P2PCopyError {
    P2PCopyError(.relayUnreachable, "the proxy at \(proxy) \(message)", remedy: .changeProxy, cause: cause)
  }

  /// Begins, on the channel's event loop.
  ///
  /// - Returns: Succeeds when the channel leads to the relay.
  /// - Throws: `P2PCopyError` with code `relayUnreachable` that names the proxy, and so the future.
  func begin(on channel: any Channel) throws -> EventLoopFuture<Void> {
    switch proxy.kind {
    case .http: try connectByHTTP(channel)
    case .socks5: try connectBySOCKS(channel)
    }
  }

  // MARK: HTTP

  private func connectByHTTP(_ channel: any Channel) throws -> EventLoopFuture<Void> {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    let encoder = HTTPRequestEncoder()
    let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
    let waiting = ConnectResponseHandler(promise: promise) { head in refusal(head) }
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandlers([encoder, decoder, waiting])
    let host = relay.host.contains(":") ? "[\(relay.host)]" : relay.host
    var headers: HTTPHeaders = ["Host": "\(host):\(relay.port)"]
    if let authorization { headers.add(name: "Proxy-Authorization", value: authorization) }
    let head = HTTPRequestHead(version: .http1_1, method: .CONNECT, uri: "\(host):\(relay.port)", headers: headers)
    let bound = NIOLoopBound((encoder: encoder, decoder: decoder, waiting: waiting), eventLoop: channel.eventLoop)
    waiting.request(head)
    return promise.futureResult.flatMap { () -> EventLoopFuture<Void> in
      channel.pipeline.syncOperations.removeHandler(bound.value.waiting)
        .flatMap { channel.pipeline.syncOperations.removeHandler(bound.value.decoder) }
        .flatMap { channel.pipeline.syncOperations.removeHandler(bound.value.encoder) }
    }.flatMapErrorThrowing { error in throw explained(error) }
  }

  /// The header's value (RFC 7617): of the URL, otherwise of `.netrc`.
  private var authorization: String? {
    var credentials = proxy.user.map { NetworkCredentials(user: $0, password: proxy.password ?? "") }
    if credentials == nil { credentials = NetworkCredentials.find(for: proxy.host) }
    return credentials.map { "Basic " + Base64.encode(Array("\($0.user):\($0.password)".utf8)) }
  }

  private func refusal(_ head: HTTPResponseHead) -> P2PCopyError {
    switch head.status.code {
    case 407:
      failure(
        proxy.user == nil
          ? "wants a user and a password (407): give them in its URL, as in http://USER:PASSWORD@HOST:PORT, or in ~/.netrc"
          : "does not accept the user and the password that were given (407)")
    case 403, 405:
      failure("does not allow connections to \(relay) (\(head.status.code)); often it does for port 443 alone")
    default: failure("did not connect to \(relay) (\(head.status.code))")
    }
  }

  // MARK: SOCKS

  private func connectBySOCKS(_ channel: any Channel) throws -> EventLoopFuture<Void> {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    let address = try? SocketAddress(ipAddress: relay.host, port: relay.port)
    let client = SOCKSClientHandler(
      targetAddress: address.map { .address($0) } ?? .domain(relay.host, port: relay.port))
    let waiting = ProxyEstablishedHandler(promise: promise)
    try channel.pipeline.syncOperations.addHandlers([client, waiting])
    let bound = NIOLoopBound((client: client, waiting: waiting), eventLoop: channel.eventLoop)
    return promise.futureResult.flatMap { () -> EventLoopFuture<Void> in
      channel.pipeline.syncOperations.removeHandler(bound.value.waiting)
        .flatMap { channel.pipeline.syncOperations.removeHandler(bound.value.client) }
    }.flatMapErrorThrowing { error in throw explained(error) }
  }

  /// What a SOCKS proxy says (RFC 1928, section 6).
  private static func words(for reply: SOCKSServerReply) -> String {
    switch reply {
    case .notAllowed: "it does not allow that"
    case .networkUnreachable: "the network cannot be reached from there"
    case .hostUnreachable: "the host cannot be reached from there"
    case .refused: "the connection was refused"
    default: "reply \(reply.value)"
    }
  }

  private func explained(_ error: any Error) -> P2PCopyError {
    switch error {
    case let error as P2PCopyError: error
    case let error as SOCKSError.ConnectionFailed:
      failure("did not connect to \(relay) (\(Self.words(for: error.reply)))", cause: error)
    case is SOCKSError.NoValidAuthenticationMethod: failure("wants a user and a password, which is not supported")
    case is HTTPParserError, is SOCKSError.InvalidProtocolVersion, is SOCKSError.InvalidClientState:
      failure("did not answer as one of its kind, \(proxy.kind.rawValue)", cause: error)
    case is ChannelError, is IOError: failure("closed the connection before it had connected to \(relay)", cause: error)
    default: failure("did not connect to \(relay)", cause: error)
    }
  }
}

/// Sends the request and takes the answer to CONNECT.
private final class ConnectResponseHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPClientRequestPart

  private let promise: EventLoopPromise<Void>
  private let refusal: (HTTPResponseHead) -> P2PCopyError
  private var context: ChannelHandlerContext?

  init(promise: EventLoopPromise<Void>, refusal: @escaping (HTTPResponseHead) -> P2PCopyError) {
    self.promise = promise
    self.refusal = refusal
  }

  func request(_ head: HTTPRequestHead) {
    context?.write(wrapOutboundOut(.head(head)), promise: nil)
    context?.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    promise.fail(ChannelError.eof)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head) where head.status.code / 100 == 1: break
    case .head(let head) where head.status.code / 100 != 2: promise.fail(refusal(head))
    case .head, .body: break
    case .end: promise.succeed()
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(ChannelError.eof)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
}

/// Waits until a SOCKS proxy has connected.
private final class ProxyEstablishedHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let promise: EventLoopPromise<Void>

  init(promise: EventLoopPromise<Void>) {
    self.promise = promise
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is SOCKSProxyEstablishedEvent { promise.succeed() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(ChannelError.eof)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

  func handlerRemoved(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
}
