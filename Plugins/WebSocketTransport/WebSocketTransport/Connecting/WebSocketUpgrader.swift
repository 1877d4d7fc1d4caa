import NIOCore
import NIOHTTP1
import NIOTransportSupport
import NIOWebSocket

/// Switches a client's channel from HTTP to WebSocket.
///
/// Key, version and the check of the server's answer are NIO's; its frame handlers are not installed, since the data path
/// has its own.
struct WebSocketUpgrader: NIOTypedHTTPClientProtocolUpgrader {
  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []

  private let handshake = NIOTypedWebSocketClientUpgrader<UpgradeOutcome> { channel, _ in
    channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
  }
  private let makeHandler: @Sendable () -> FrameHandler

  /// - Parameter makeHandler: Makes what takes over after the switch.
  init(makeHandler: @escaping @Sendable () -> FrameHandler) {
    self.makeHandler = makeHandler
  }

  func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {
    handshake.addCustom(upgradeRequestHeaders: &upgradeRequestHeaders)
  }

  /// RFC 6455, section 4.1: besides the key, nothing may be chosen that was not offered.
  func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool {
    handshake.shouldAllowUpgrade(upgradeResponse: upgradeResponse)
      && !upgradeResponse.headers.contains(name: "Sec-WebSocket-Extensions")
      && !upgradeResponse.headers.contains(name: "Sec-WebSocket-Protocol")
  }

  /// Bytes behind the answer are kept by the caller and come to the new handler once the future succeeds.
  func upgrade(channel: any Channel, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<UpgradeOutcome> {
    channel.eventLoop.makeCompletedFuture {
      let handler = makeHandler()
      try channel.pipeline.syncOperations.addHandler(handler)
      return .upgraded(NIOLoopBound(handler, eventLoop: channel.eventLoop))
    }
  }
}

/// What the server made of the request to switch to WebSocket.
enum UpgradeOutcome: Sendable {
  /// It switched; the frame handler is in place.
  case upgraded(NIOLoopBound<FrameHandler>)

  /// It answered something else; the head of the answer is about to come.
  case refused(EventLoopFuture<HTTPResponseHead>)
}
