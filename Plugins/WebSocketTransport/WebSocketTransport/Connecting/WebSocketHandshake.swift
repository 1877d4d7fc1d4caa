import NIOCore
import NIOHTTP1
package import NIOTransportSupport
package import P2PCopyCore

/// Makes a WebSocket of a TCP connection to a relay: TLS where that is wanted, then the switch from HTTP.
struct WebSocketHandshake: Sendable {
  let address: RelayAddress
  let options: TransportOptions
  let tls: TLSSettings?

  /// - Throws: `P2PCopyError` with code `relayUnreachable`, and so the future.
  func begin(on channel: any Channel) throws -> EventLoopFuture<FramedConnection> {
    let failure = HandshakeFailure(address: address)
    do {
      return try upgrade(channel).flatMap { outcome in
        switch outcome {
        case .upgraded(let handler):
          channel.eventLoop.makeSucceededFuture(FramedConnection(channel: channel, handler: handler))
        case .refused(let head):
          head.flatMapThrowing { head -> FramedConnection in throw failure.refusal(head) }
        }
      }.flatMapErrorThrowing { error in throw failure.handshake(error) }
    } catch {
      throw failure.handshake(error)
    }
  }

  private func upgrade(_ channel: any Channel) throws -> EventLoopFuture<UpgradeOutcome> {
    if let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
    let (address, options) = (address, options)
    let upgrader = WebSocketUpgrader { FrameHandler(address: address, options: options) }
    let configuration = NIOTypedHTTPClientUpgradeConfiguration(
      upgradeRequestHead: HTTPRequestHead(
        version: .http1_1, method: .GET, uri: address.target, headers: ["Host": address.hostHeader]),
      upgraders: [upgrader],
      notUpgradingCompletionHandler: { channel in
        channel.eventLoop.makeCompletedFuture {
          let promise = channel.eventLoop.makePromise(of: HTTPResponseHead.self)
          try channel.pipeline.syncOperations.addHandler(RefusalHandler(promise: promise))
          return .refused(promise.futureResult)
        }
      })
    var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
    // The first frames may come in the same read as the answer; by default they would be dropped.
    pipeline.leftOverBytesStrategy = .forwardBytes
    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
  }
}

extension FrameHandler {
  /// A handler for a connection to a relay.
  package convenience init(address: RelayAddress, options: TransportOptions) {
    let buffers = options.buffers ?? MessageBufferPool()
    self.init(
      peer: "the relay at \(address)", buffers: buffers,
      inbound: WebSocketReader(buffers: buffers, maximumMessageByteCount: options.maximumMessageByteCount),
      outbound: WebSocketFrames(), options: options)
  }
}

/// Takes the head of an HTTP answer that is not a switch to WebSocket; the rest of it does not matter.
final class RefusalHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  private let promise: EventLoopPromise<HTTPResponseHead>

  init(promise: EventLoopPromise<HTTPResponseHead>) {
    self.promise = promise
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data) { promise.succeed(head) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    promise.fail(ChannelError.eof)
  }
}

extension RelayAddress {
  /// The value of the HTTP header `Host`: without the port where it is the scheme's own (RFC 9110, section 7.2).
  var hostHeader: String {
    let shownHost = host.contains(":") ? "[\(host)]" : host
    let isDefault = port == (scheme == "wss" ? 443 : 80)
    return isDefault ? shownHost : "\(shownHost):\(port)"
  }
}
