import Logging
import NIOCore
import WebSocketFraming

/// One accepted connection, from accept to the end of its TCP connection.
///
/// It reads frames from its peer and writes them to its partner as they come. Everything of a relay happens on one event
/// loop, so partners call each other directly.
final class PeerConnection {
  /// Where a connection is in its life.
  enum State {
    /// TLS, HTTP or the hello message is not complete.
    case awaitingHello
    /// It said hello, the other peer has not come.
    case waiting(Hello)
    /// What it sends goes to its partner.
    case paired(Pair, Hello)
    /// It gets nothing new, what it sends is thrown away; a Close has been sent unless the stream did not allow it.
    case closing
    /// The TCP connection is gone.
    case closed
  }

  /// How many bytes a waiting peer of protocol 1 may send ahead before it is no longer read.
  static let maximumCarriedByteCount = 64 << 10

  /// How many bytes are read at once from a waiting peer: there may be many of these.
  static let waitingReadByteCount = 8 << 10

  /// How many bytes are read at once from a paired peer: larger reads are faster, until buffers fall out of the cache.
  static let pairedReadByteCount = 256 << 10

  /// The same with TLS, whose own buffers grow with it, and which is too slow to gain from more.
  static let pairedReadByteCountWithTLS = 64 << 10

  let id: UInt64
  let channel: any Channel
  let switchboard: Switchboard
  /// Whose connection it is, for the limit of each.
  let origin: ConnectionOrigin
  /// Known from the moment the connection is active, gone again when it is closed.
  private lazy var remote = channel.remoteAddress.map(\.hostAndPort) ?? "unknown"

  var state = State.awaitingHello {
    didSet {
      if case .awaitingHello = state {} else { cancelHelloTimer() }
      if case .waiting = state { startWaitTimer() } else { cancelWaitTimer() }
    }
  }
  private var helloTimer: Scheduled<Void>?
  private var waitTimer: Scheduled<Void>?

  // From the peer.
  var frames: ClientFrames
  /// The hello message so far; later what a waiting peer of protocol 1 sent ahead, already in the form its partner will
  /// get. Change it by ``carry(_:)``.
  private(set) var carried = ByteBuffer()
  var buffers = OutgoingBufferPool()
  var receivedClose: ClosePayload?
  /// What the peer sends can no longer be understood.
  var isOutOfStep = false
  /// A read was asked for and is held back until there is room for its result.
  var isReadPending = false

  // To the peer.
  var isUpgraded = false
  /// The peer wants to hear about waiting, pairing and refusals; known from its hello.
  var speaksProtocol2 = false
  var isCloseSent = false
  var pendingPong: ByteBuffer?
  var isPingPending = false
  var hasBeenForwardedTo = false
  var unfinishedWriteCount = 0
  var writtenByteCount: UInt64 = 0
  var closesWhenFlushed = false
  var closingTimer: Scheduled<Void>?

  // Signs of life.
  var keepalive: Keepalive

  init(id: UInt64, channel: any Channel, switchboard: Switchboard) {
    self.id = id
    self.channel = channel
    self.switchboard = switchboard
    origin = ConnectionOrigin(of: channel.remoteAddress)
    frames = ClientFrames(maximumMessageByteCount: switchboard.limits.maximumHelloByteCount)
    keepalive = Keepalive(now: switchboard.eventLoop.now)
  }

  var logger: Logger { switchboard.logger }

  /// What identifies this connection in the log.
  var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = ["connection": "\(id)", "remote": "\(remote)"]
    switch state {
    case .waiting(let hello), .paired(_, let hello):
      metadata["code"] = "\(hello.shownCodeHash)"
      metadata["role"] = "\(hello.role.rawValue)"
    case .awaitingHello, .closing, .closed: break
    }
    return metadata
  }

  /// Whether a frame of the partner has been passed on in part: until its end nothing else may be written.
  var isInsideForwardedFrame: Bool {
    guard case .paired(let pair, _) = state else { return false }
    return pair.partner(of: self).frames.isInsideDataFrame
  }

  /// Bytes written to the channel that the system has not taken yet.
  var unsentByteCount: Int {
    (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  // MARK: Hello

  func startHelloTimer() {
    helloTimer = switchboard.eventLoop.assumeIsolated().scheduleTask(
      in: TimeAmount(switchboard.limits.helloTimeout)
    ) { [weak self] in self?.helloTimedOut() }
  }

  private func cancelHelloTimer() {
    helloTimer?.cancel()
    helloTimer = nil
  }

  private func helloTimedOut() {
    guard case .awaitingHello = state else { return }
    logger.notice("refused", metadata: metadata.adding("reason", "no hello in time"))
    close(ClosePayload(status: 1008, reason: "No hello in time"), lingers: false)
  }

  private func startWaitTimer() {
    guard waitTimer == nil else { return }
    let limit = switchboard.limits.maximumWait
    waitTimer = switchboard.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { [weak self] in
      guard let self, case .waiting = state else { return }
      refuse(.waitedTooLong(limit))
    }
  }

  private func cancelWaitTimer() {
    waitTimer?.cancel()
    waitTimer = nil
  }

  /// Holds bytes until the hello is complete or the partner there, in place of those held so far.
  ///
  /// - Returns: Whether there is room for them; otherwise nothing is held any more.
  func carry(_ bytes: ByteBuffer) -> Bool {
    dropCarried()
    let isTaken = switchboard.heldAheadByteCount + bytes.readableBytes <= switchboard.limits.maximumHeldByteCount
    guard isTaken, bytes.readableBytes > 0 else { return isTaken }
    carried = bytes
    switchboard.heldAheadByteCount += bytes.readableBytes
    return true
  }

  /// What is held until the hello is complete or the partner there; nothing is, afterwards.
  func takeCarried() -> ByteBuffer {
    let taken = carried
    dropCarried()
    return taken
  }

  /// Holds nothing any more.
  func dropCarried() {
    switchboard.heldAheadByteCount -= carried.readableBytes
    carried = ByteBuffer()
  }

  /// The peer it waited for is here.
  func becomePaired(_ pair: Pair, _ hello: Hello) {
    state = .paired(pair, hello)
    let byteCount = switchboard.usesTLS ? Self.pairedReadByteCountWithTLS : Self.pairedReadByteCount
    try? channel.syncOptions?.setOption(
      .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: byteCount))
  }

  /// Passes on what was sent before the partner came, and reads on.
  func flushCarried(to partner: PeerConnection) {
    let ahead = takeCarried()
    if ahead.readableBytes > 0 { partner.write(ahead, returningTo: self) }
    resumeReading()
  }
}

// MARK: - Channel events

extension PeerConnection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func handlerAdded(context: ChannelHandlerContext) {
    isUpgraded = true
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    keepalive.noteReceived(now: switchboard.eventLoop.now)
    var input = Self.unwrapInboundIn(data)
    guard !isOutOfStep, receivedClose == nil else { return }
    receive(&input)
  }

  /// Holds reading back while what it brings could not be passed on: this is all the flow control there is.
  func read(context: ChannelHandlerContext) {
    if mayRead {
      context.read()
    } else {
      isReadPending = true
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if channel.isWritable {
      sendPendingControl()
      if case .paired(let pair, _) = state { pair.partner(of: self).resumeReading() }
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    logger.debug("connection failed", metadata: metadata.adding("error", LogText.escaped("\(error)")))
    context.close(promise: nil)
  }

  private var mayRead: Bool {
    switch state {
    case .awaitingHello, .closing, .closed: true
    case .waiting: carried.readableBytes < Self.maximumCarriedByteCount
    case .paired(let pair, _): receivedClose != nil || pair.partner(of: self).channel.isWritable
    }
  }

  /// Does the read that was held back, if there is room now.
  func resumeReading() {
    guard isReadPending, mayRead else { return }
    isReadPending = false
    keepalive.noteReceived(now: switchboard.eventLoop.now)
    channel.read()
  }
}
