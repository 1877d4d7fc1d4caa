import NIOCore
import NIOHTTP1

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
