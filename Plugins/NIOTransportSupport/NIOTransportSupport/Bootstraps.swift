package import NIOCore
package import NIOPosix

// What every TCP connection of ours is set to, whoever made it.

/// How many bytes one read from a socket takes at most: few system calls, and it still fits into the second-level cache
/// from where the bytes are copied into the message.
private let readByteCount = 256 << 10

extension ClientBootstrap {
  /// A bootstrap for connections that carry messages.
  static func forMessages(on eventLoop: any EventLoop, connectTimeout: TimeAmount) -> ClientBootstrap {
    ClientBootstrap(group: eventLoop)
      .connectTimeout(connectTimeout)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: readByteCount))
  }
}

extension ServerBootstrap {
  /// A bootstrap whose connections carry messages. It accepts one for each `read` of its channel; up to 128 others wait in
  /// the system.
  package static func forMessages(on group: any EventLoopGroup) -> ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 128)
      .serverChannelOption(.autoRead, value: false)
      .serverChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: readByteCount))
  }
}
