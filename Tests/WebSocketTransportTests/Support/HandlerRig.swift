import NIOCore
import NIOEmbedded
import NIOTransportSupport
import P2PCopyCore
import Synchronization
import TestSupport
import WebSocketTransport

/// A frame handler on a channel without a socket.
struct HandlerRig: Sendable {
  /// Stands where the socket is: counts how often it is asked to read, and can hold writes back.
  final class Socket: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = ByteBuffer
    let readCount = Mutex(0)
    let isStuck = Mutex(false)

    func read(context: ChannelHandlerContext) {
      readCount.withLock { $0 += 1 }
      context.read()
    }

    func flush(context: ChannelHandlerContext) {
      if !isStuck.withLock({ $0 }) { context.flush() }
    }
  }

  let channel: NIOAsyncTestingChannel
  let socket = Socket()
  let inbound: InboundQueue
  let outbound: OutboundQueue
  let buffers: MessageBufferPool
  private let handler: NIOLoopBound<FrameHandler>

  init(options: TransportOptions = TransportOptions()) async throws {
    let channel = NIOAsyncTestingChannel()
    let address = try RelayAddress("ws://127.0.0.1:8765")
    let socket = socket
    handler = try await channel.testingEventLoop.executeInContext {
      let handler = FrameHandler(address: address, options: options)
      try channel.pipeline.syncOperations.addHandlers(socket, handler)
      return NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }
    self.channel = channel
    let bound = handler
    (inbound, outbound, buffers) = try await channel.testingEventLoop.executeInContext {
      (bound.value.inbound, bound.value.outbound, bound.value.buffers)
    }
    try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 8765))
    socket.readCount.withLock { $0 = 0 }
  }

  func run(_ body: @escaping @Sendable (FrameHandler) -> Void) async throws {
    try await channel.testingEventLoop.executeInContext { body(handler.value) }
  }

  func receive(_ frames: Frame...) async throws {
    try await channel.writeInbound(ByteBuffer(bytes: frames.flatMap { $0.encoded() }))
  }

  /// What has been written since the last call.
  func sent() async throws -> [Frame] {
    var reader = FrameReader(fromClient: true)
    while let buffer = try await channel.readOutbound(as: ByteBuffer.self) { reader.append(buffer) }
    var frames: [Frame] = []
    while let frame = try reader.next() { frames.append(frame) }
    return frames
  }

  func send(_ message: consuming TransportMessage) async throws {
    if try outbound.enqueue(WebSocketFrames().frame(message)).needsFlush { try await run { $0.writeQueued() } }
  }

  /// Lets the socket write again.
  func unstick() async throws {
    socket.isStuck.withLock { $0 = false }
    try await run { _ in channel.pipeline.flush() }
    await channel.testingEventLoop.run()
  }
}
