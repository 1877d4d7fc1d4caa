package import NIOCore
package import P2PCopyCore

/// Speaks a framing on the event loop, between the socket and the two queues of a connection.
package final class FrameHandler: ChannelDuplexHandler {
  package typealias InboundIn = ByteBuffer
  package typealias OutboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  private enum State {
    case open
    /// The other side has closed; what else it sends is not looked at.
    case peerClosed
    /// The connection was lost or is being given up.
    case ended
  }

  /// Frames of this size get their buffer back as soon as they are written; smaller ones with the next that is written.
  private static let promptByteCount = 64 << 10

  /// Who is on the other side, for messages: "the relay at ws://…".
  package let peer: String
  package let buffers: MessageBufferPool
  package let inbound = InboundQueue()
  package let outbound = OutboundQueue()

  private let keepaliveInterval: TimeAmount
  private var state = State.open
  private let inboundFraming: any InboundFraming
  package let outboundFraming: any OutboundFraming
  private var keepalive = Keepalive()
  private var keepaliveTask: Scheduled<Void>?
  private var context: ChannelHandlerContext?
  private var isReadHeldBack = false
  private var needsFlush = false
  /// Bytes of queued frames that were handed to the channel.
  private var handedOverByteCount: Int64 = 0
  private var isPongUnwritten = false
  private var nextPong: ByteBuffer?
  private var lastError: (any Error)?

  /// Creates a handler for one connection.
  ///
  /// - Parameters:
  ///   - peer: Who is on the other side, for messages: "the relay at ws://…".
  ///   - buffers: The connection's; what comes in is put together in some of them.
  ///   - inbound: How to read.
  ///   - outbound: How to write.
  ///   - options: Limits.
  package init(
    peer: String, buffers: MessageBufferPool, inbound: any InboundFraming, outbound: any OutboundFraming,
    options: TransportOptions
  ) {
    self.peer = peer
    self.buffers = buffers
    keepaliveInterval = TimeAmount(options.keepaliveInterval)
    inboundFraming = inbound
    outboundFraming = outbound
  }

  // MARK: Life

  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    scheduleKeepalive(context)
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    lost()
    self.context = nil
  }

  package func channelInactive(context: ChannelHandlerContext) {
    lost()
    context.fireChannelInactive()
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if lastError == nil { lastError = error }
    context.close(promise: nil)
  }

  /// There is no connection any more, whoever ended it.
  private func lost() {
    state = .ended
    keepaliveTask?.cancel()
    keepaliveTask = nil
    let error = P2PCopyError(.peerLeft, "the connection to \(peer) was lost", cause: lastError)
    inbound.end(.failed(error))
    outbound.fail(error)
  }

  /// Ends both directions with an error and closes at once.
  package func giveUp(_ error: P2PCopyError) {
    guard end(error) else { return }
    context?.close(promise: nil)
  }

  private func end(_ error: P2PCopyError) -> Bool {
    if case .ended = state { return false }
    state = .ended
    inbound.end(.failed(error))
    outbound.fail(error)
    return true
  }

  // MARK: Receiving

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    keepalive.heard()
    guard case .open = state else { return }
    var bytes = unwrapInboundIn(data)
    do throws(FramingViolation) {
      while case .open = state, let event = try inboundFraming.next(from: &bytes) { handle(event, context: context) }
    } catch {
      refuse(error, context: context)
    }
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    if needsFlush {
      needsFlush = false
      context.flush()
    }
    context.fireChannelReadComplete()
  }

  private func handle(_ event: InboundEvent, context: ChannelHandlerContext) {
    switch event {
    case .message(let message): inbound.push(message, recyclingInto: buffers)
    case .ping(let payload): answer(payload, context: context)
    case .pong: break
    case .close(let closure):
      // Not answered here: our own Close says that everything has been dealt with, which only the application knows.
      state = .peerClosed
      outbound.peerClosed(closure)
      inbound.end(.closed(closure))
    }
  }

  /// As RFC 6455, section 5.5.3 has it: while one pong waits to be written, of further pings only the last needs an answer. So a
  /// flood of pings cannot fill the memory.
  private func answer(_ payload: ByteBuffer, context: ChannelHandlerContext) {
    guard !isPongUnwritten else {
      nextPong = payload
      return
    }
    isPongUnwritten = true
    needsFlush = true
    write(outboundFraming.pong(answering: payload), context: context).assumeIsolated().whenComplete { [self] result in
      isPongUnwritten = false
      guard case .success = result, let payload = nextPong.take(), let context = self.context else { return }
      answer(payload, context: context)
      context.eventLoop.assumeIsolated().execute { [self] in flushPongs() }
    }
  }

  private func flushPongs() {
    guard needsFlush, let context else { return }
    needsFlush = false
    context.flush()
  }

  private func write(_ frame: ByteBuffer, context: ChannelHandlerContext) -> EventLoopFuture<Void> {
    let promise = context.eventLoop.makePromise(of: Void.self)
    context.write(wrapOutboundOut(frame), promise: promise)
    return promise.futureResult
  }

  /// The other side broke the rules: say so and close.
  private func refuse(_ violation: FramingViolation, context: ChannelHandlerContext) {
    guard end(P2PCopyError(.protocolViolation, "\(peer) \(violation.message)")) else { return }
    write(violation.farewell, context: context).assumeIsolated().whenComplete { [self] _ in
      self.context?.close(promise: nil)
    }
    context.flush()
  }

  // MARK: Back-pressure of the receiver

  /// Asked by the channel before each read from the socket.
  package func read(context: ChannelHandlerContext) {
    if inbound.mayRead() {
      context.read()
    } else {
      isReadHeldBack = true
    }
  }

  /// The receiver has caught up.
  package func resumeReading() {
    guard isReadHeldBack, let context else { return }
    isReadHeldBack = false
    context.read()
  }

  // MARK: Sending

  /// Writes everything that is queued.
  package func writeQueued() {
    guard let context else { return }
    var batch = outbound.takeBatch()
    var unannounced = 0
    while let frame = batch.popFirst() {
      unannounced += 1
      handedOverByteCount += Int64(frame.byteCount)
      var promise: EventLoopPromise<Void>?
      if frame.byteCount >= Self.promptByteCount || batch.isEmpty {
        promise = completion(of: unannounced, context: context)
        unannounced = 0
      }
      if let lead = frame.lead { context.write(wrapOutboundOut(lead), promise: nil) }
      context.write(wrapOutboundOut(frame.body), promise: promise)
    }
    // Only now: the flush may complete at once, and then nobody else may hold the buffers.
    batch = CircularBuffer()
    context.flush()
  }

  private func completion(of count: Int, context: ChannelHandlerContext) -> EventLoopPromise<Void> {
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { [self] result in
      switch result {
      case .success: outbound.didWrite(count, recyclingInto: buffers)
      case .failure(let error): if lastError == nil { lastError = error }
      }
    }
    return promise
  }

  // MARK: Keepalive

  private func scheduleKeepalive(_ context: ChannelHandlerContext) {
    keepaliveTask = context.eventLoop.assumeIsolated().scheduleTask(in: keepaliveInterval) { [weak self] in
      self?.keepaliveIntervalPassed()
    }
  }

  private func keepaliveIntervalPassed() {
    guard let context else { return }
    let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    switch keepalive.intervalPassed(
      isReading: !isReadHeldBack, isWriting: outbound.isPending,
      writtenByteCount: handedOverByteCount - Int64(buffered))
    {
    case .nothing: break
    case .ping: ping(context)
    case .giveUp:
      if case .open = state {
        // What is stuck here may be stuck at the other side or behind it: nobody on this side can tell.
        giveUp(
          P2PCopyError(
            .peerLeft,
            outbound.isPending
              ? "\(peer) takes nothing any more: it, the way there or the other side hangs"
              : "the connection to \(peer) went silent"))
        return
      }
      // After its Close the other side owes us nothing. The probes go on while this side makes up its mind, since they keep
      // the ways of address translators open for our own Close.
      ping(context)
    }
    scheduleKeepalive(context)
  }

  private func ping(_ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(outboundFraming.ping()), promise: nil)
  }
}
