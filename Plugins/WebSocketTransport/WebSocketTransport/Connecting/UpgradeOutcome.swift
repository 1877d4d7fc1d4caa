import NIOCore
import NIOHTTP1
import NIOTransportSupport

/// What the server made of the request to switch to WebSocket.
enum UpgradeOutcome: Sendable {
  /// It switched; the frame handler is in place.
  case upgraded(NIOLoopBound<FrameHandler>)

  /// It answered something else; the head of the answer is about to come.
  case refused(EventLoopFuture<HTTPResponseHead>)
}
