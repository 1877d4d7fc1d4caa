import NIOCore
import TestSupport

extension WebSocketPeer {
  /// Dials, upgrades and says hello.
  static func connect(
    port: Int, code: String, role: String, trusting certificateFile: String? = nil
  ) async throws -> WebSocketPeer {
    let peer = try await upgraded(port: port, trusting: certificateFile)
    peer.send(ClientFrame.hello(code, role))
    return peer
  }

  /// A sender that has got its ready, and its receiver.
  static func connectPair(
    port: Int, code: String, trusting certificateFile: String? = nil
  ) async throws -> (sender: WebSocketPeer, receiver: WebSocketPeer) {
    let receiver = try await connect(port: port, code: code, role: "receiver", trusting: certificateFile)
    let sender = try await connect(port: port, code: code, role: "sender", trusting: certificateFile)
    guard try await sender.frame() == .ready else { throw ChannelError.eof }
    return (sender, receiver)
  }
}
