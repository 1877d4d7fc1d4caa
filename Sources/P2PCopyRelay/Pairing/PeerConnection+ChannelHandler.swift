import Logging
import NIOCore

/// What the channel tells, and when it is read.
extension PeerConnection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func handlerAdded(context: ChannelHandlerContext) {
    output.becomeUpgraded()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    keepalive.noteReceived(now: switchboard.eventLoop.now)
    var bytes = Self.unwrapInboundIn(data)
    guard input.isLookedAt else { return }
    receive(&bytes)
  }

  /// Holds reading back while what it brings could not be passed on: this is all the flow control there is.
  func read(context: ChannelHandlerContext) {
    if mayRead {
      context.read()
    } else {
      input.holdBackRead()
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if output.isWritable {
      sendPendingControl()
      if case .paired(let pair, _) = state { pair.partner(of: self).resumeReading() }
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    logger.debug("connection failed", metadata: metadata.adding("error", LogText.escaped("\(error)")))
    context.close(promise: nil)
  }

  /// The TCP connection is gone.
  func channelInactive(context: ChannelHandlerContext) {
    disconnected()
    context.fireChannelInactive()
  }

  // MARK: Reading

  private var mayRead: Bool {
    switch state {
    case .awaitingHello, .closing, .closed: true
    case .waiting: !carried.isFull
    case .paired(let pair, _): input.receivedClose != nil || pair.partner(of: self).output.isWritable
    }
  }

  /// Does the read that was held back, if there is room now.
  func resumeReading() {
    guard input.isReadHeldBack, mayRead else { return }
    input.releaseRead()
    keepalive.noteReceived(now: switchboard.eventLoop.now)
    channel.read()
  }

  // MARK: Signs of life

  /// Pings a silent peer and gives up a dead one.
  func checkKeepalive(now: NIODeadline, interval: TimeAmount) {
    switch state {
    case .waiting, .paired: break
    case .awaitingHello, .closing, .closed: return  // These have clocks of their own.
    }
    // After its Close a peer is silent by right; one that we do not read cannot be heard.
    if input.receivedClose != nil || input.isReadHeldBack { keepalive.noteReceived(now: now) }
    let verdict = keepalive.check(
      now: now, interval: interval, isBusy: output.hasForwarded, writtenByteCount: output.writtenByteCount,
      unsentByteCount: output.unsentByteCount)
    switch verdict {
    case .alive: break
    case .ping:
      output.owePing()
      sendPendingControl()
    case .dead: die()
    }
  }
}
