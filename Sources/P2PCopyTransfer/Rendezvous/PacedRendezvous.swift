import NIOCore
import P2PCopyCore

/// A rendezvous whose connections all together send no faster than a limit: also those of other lanes, and what is sent again.
struct PacedRendezvous: Rendezvous {
  let base: any Rendezvous
  let limiter: RateLimiter

  var canFindSeveral: Bool { base.canFindSeveral }

  func findPeer(by identifier: String, reusing buffers: MessageBufferPool?) async throws -> FoundPeer {
    let peer = try await base.findPeer(by: identifier, reusing: buffers)
    return FoundPeer(
      connection: PacedConnection(base: peer.connection, limiter: limiter), firstMessage: peer.firstMessage)
  }
}

/// A connection that waits after it has sent: what was cancelled meanwhile is sent all the same, as a connection has to.
private final class PacedConnection: TransportConnection {
  private let base: any TransportConnection
  private let limiter: RateLimiter

  init(base: any TransportConnection, limiter: RateLimiter) {
    self.base = base
    self.limiter = limiter
  }

  var buffers: MessageBufferPool { base.buffers }

  func send(_ message: consuming TransportMessage) async throws {
    let byteCount = message.byteCount
    try await base.send(consume message)
    try await limiter.pass(byteCount)
  }

  func receive() async throws -> TransportMessage? { try await base.receive() }

  func finish(_ closure: TransportClosure) async throws -> TransportClosure { try await base.finish(closure) }

  func abort() { base.abort() }
}

extension TransportMessage {
  fileprivate var byteCount: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let buffer): buffer.readableBytes
    }
  }
}
