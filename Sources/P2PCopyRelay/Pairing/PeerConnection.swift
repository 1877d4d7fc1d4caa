import Logging
import NIOCore
import WebSocketFraming

/// One accepted connection, from accept to the end of its TCP connection.
///
/// It reads frames from its peer and writes them to its partner as they come. Everything of a relay happens on one event
/// loop, so partners call each other directly.
///
/// It decides; what it knows of each side of the connection is in ``PeerInput`` and ``PeerOutput``. Here is where it is in
/// its life, and what runs out there.
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

  /// How many bytes are read at once from a waiting peer: there may be many of these.
  static let waitingReadByteCount = 8 << 10

  /// How many bytes are read at once from a paired peer: larger reads are faster, until buffers fall out of the cache.
  private static let pairedReadByteCount = 256 << 10

  /// The same with TLS, whose own buffers grow with it, and which is too slow to gain from more.
  private static let pairedReadByteCountWithTLS = 64 << 10

  let id: UInt64
  let channel: any Channel
  let switchboard: Switchboard
  /// Whose connection it is, for the limit of each.
  let origin: ConnectionOrigin
  /// Known from the moment the connection is active, gone again when it is closed.
  private lazy var remote = channel.remoteAddress.map(\.hostAndPort) ?? "unknown"

  private(set) var state = State.awaitingHello {
    didSet { startClock() }
  }
  /// The clock of the state.
  private var deadline = Deadline()
  /// The peer wants to hear about waiting, pairing and refusals; known from its hello.
  private(set) var speaksProtocol2 = false

  var input: PeerInput
  var carried: CarriedBytes
  /// The buffers for what the peer sends, on their way to its partner.
  let buffers = OutgoingBufferPool()
  let output: PeerOutput
  var keepalive: Keepalive

  init(id: UInt64, channel: any Channel, switchboard: Switchboard) {
    self.id = id
    self.channel = channel
    self.switchboard = switchboard
    origin = ConnectionOrigin(of: channel.remoteAddress)
    input = PeerInput(maximumMessageByteCount: switchboard.limits.maximumHelloByteCount)
    carried = CarriedBytes(room: switchboard.holdingRoom)
    output = PeerOutput(channel: channel)
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

  // MARK: From state to state

  /// It has been taken in.
  func accepted() {
    startClock()
  }

  /// Takes the first message.
  func takeHello(_ text: ByteBuffer) {
    input.setLimit(maximumMessageByteCount: switchboard.limits.maximumMessageByteCount)
    do {
      let hello = try Hello(decoding: text)
      speaksProtocol2 = hello.speaksProtocol2
      switchboard.introduce(self, hello)
    } catch {
      speaksProtocol2 = error.speaksProtocol2
      refuse(error.refusal)
    }
  }

  /// The other peer is not here.
  func becomeWaiting(_ hello: Hello) {
    state = .waiting(hello)
  }

  /// The other peer is here.
  func becomePaired(_ pair: Pair, _ hello: Hello) {
    state = .paired(pair, hello)
    let byteCount = switchboard.usesTLS ? Self.pairedReadByteCountWithTLS : Self.pairedReadByteCount
    try? channel.syncOptions?.setOption(
      .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: byteCount))
  }

  /// Stops taking part: out of the waiting table, nothing more is passed on.
  func leave() {
    switch state {
    case .awaitingHello, .paired: break
    case .waiting(let hello): switchboard.stopWaiting(self, hello)
    case .closing, .closed: return
    }
    state = .closing
    carried.drop()
    resumeReading()
  }

  /// Takes the connection out of everything after its TCP connection has ended. May be called again.
  func disconnected() {
    switch state {
    case .awaitingHello: logger.debug("left before hello", metadata: metadata)
    case .waiting: logger.info("left", metadata: metadata)
    case .paired(let pair, _): leavePair(pair, reason: "its connection ended without a close")
    case .closing, .closed: break
    }
    leave()
    state = .closed
    buffers.drain()
    switchboard.remove(self)
  }

  // MARK: Clocks

  /// Starts the clock of the state: it may not last for ever. For a pair that is a matter of its signs of life.
  private func startClock() {
    switch state {
    case .awaitingHello: startClock(switchboard.limits.helloTimeout) { $0.helloTimedOut() }
    case .waiting:
      let limit = switchboard.limits.maximumWait
      startClock(limit) { connection in
        if case .waiting = connection.state { connection.refuse(.waitedTooLong(limit)) }
      }
    case .closing: startClosingClock()
    case .paired, .closed: deadline.cancel()
    }
  }

  /// What it does has to look whether the state is still the one: a clock may just have run out as it is stopped.
  private func startClock(_ time: Duration, _ act: @escaping (PeerConnection) -> Void) {
    deadline.set(in: time, on: switchboard.eventLoop) { [weak self] in
      if let self { act(self) }
    }
  }

  private func helloTimedOut() {
    guard case .awaitingHello = state else { return }
    logger.notice("refused", metadata: metadata.adding("reason", "no hello in time"))
    close(ClosePayload(status: 1008, reason: "No hello in time"), lingers: false)
  }

  /// Bounds how long a closing connection may stay: it has to take bytes or to answer.
  private func startClosingClock() {
    let unsent = output.unsentByteCount
    startClock(switchboard.limits.closeTimeout) { connection in
      guard case .closing = connection.state else { return }
      if connection.output.unsentByteCount < unsent {
        connection.startClosingClock()
      } else {
        connection.channel.close(promise: nil)
      }
    }
  }
}
