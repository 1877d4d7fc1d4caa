import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Lets NIO do the WebSocket handshake and then puts the relay's own handler where NIO would put its frame codec.
///
/// Any path is accepted.
final class WebSocketUpgrader: HTTPServerProtocolUpgrader {
  private let connection: PeerConnection
  private let plainHandler: PlainHTTPHandler
  private let handshake = NIOWebSocketServerUpgrader(
    shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
    upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })

  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []

  /// - Parameters:
  ///   - connection: Takes over after the upgrade.
  ///   - plainHandler: The handler for everything else, which goes then.
  init(connection: PeerConnection, plainHandler: PlainHTTPHandler) {
    self.connection = connection
    self.plainHandler = plainHandler
  }

  func buildUpgradeResponse(
    channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
  ) -> EventLoopFuture<HTTPHeaders> {
    // RFC 6455, section 4.2.1; NIO checks version and presence of the key.
    let isUpgrade = upgradeRequest.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    guard upgradeRequest.method == .GET, upgradeRequest.version == .http1_1, isUpgrade else {
      return channel.eventLoop.makeFailedFuture(NIOWebSocketUpgradeError.invalidUpgradeHeader)
    }
    return handshake.buildUpgradeResponse(
      channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
  }

  func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
    context.eventLoop.makeCompletedFuture {
      let pipeline = context.pipeline.syncOperations
      pipeline.removeHandler(plainHandler, promise: nil)
      // Behind the upgrade handler, which then passes on what came right behind the request.
      try pipeline.addHandler(connection)
    }
  }
}
