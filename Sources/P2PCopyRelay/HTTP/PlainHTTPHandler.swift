import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Answers requests that are not for a WebSocket, once, and closes.
final class PlainHTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let connection: PeerConnection
  private var hasAnswered = false

  init(connection: PeerConnection) {
    self.connection = connection
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head = Self.unwrapInboundIn(data), !hasAnswered else { return }
    hasAnswered = true
    refused("not a WebSocket request")
    let body = ByteBuffer(string: "This is a p2p-copy relay: it speaks WebSocket only.\n")
    let headers: HTTPHeaders = [
      "Connection": "close, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
      "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(body.readableBytes)",
    ]
    let head = HTTPResponseHead(version: .http1_1, status: .upgradeRequired, headers: headers)
    context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
    context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [connection] _ in connection.finish() }
    context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: written)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // An upgrade that is refused comes back as a plain request and is answered as such.
    guard !(error is NIOWebSocketUpgradeError) else { return }
    if !hasAnswered {
      hasAnswered = true
      refused(LogText.escaped("\(error)"))
    }
    context.close(promise: nil)
  }

  private func refused(_ reason: String) {
    connection.logger.notice("refused", metadata: connection.metadata.adding("reason", reason))
  }
}
