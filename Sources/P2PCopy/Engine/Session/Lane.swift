import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// Which of a session's lanes, and how often it was dialled again: no two have the same keys.
package struct LaneAddress: Hashable, Sendable {
  /// From 0.
  package var number: UInt32
  /// From 0.
  package var epoch: UInt32

  package init(number: UInt32, epoch: UInt32) {
    self.number = number
    self.epoch = epoch
  }
}

/// One lane of a session, from its opening to its end. Its address does not tell: a peer that is in doubt whether an exchange
/// was completed opens a lane of the same number and epoch once more, with other keys.
package struct LaneIdentity: Hashable, Sendable {
  private let serial: Int

  /// - Parameter serial: No two lanes of a session have the same.
  package init(_ serial: Int) {
    self.serial = serial
  }
}

/// One connection of a session, under keys of its own: records out, records in.
///
/// Several tasks may send; one receives. Made by ``PeerSession``.
final class Lane: @unchecked Sendable {
  // The sealer is touched under `sendLock` only, the opener by the receiving task only.
  let connection: any TransportConnection
  let address: LaneAddress
  let identity: LaneIdentity
  let role: PeerRole
  private let sealer: RecordSealer
  private let opener: RecordOpener
  private let sendLock = AsyncLock()
  private let times = Mutex(Times())
  // Beside sealer and opener, whose own values belong to whoever sends or receives at that moment.
  private let lastChains = Mutex(Chains())
  private let abortReason = Mutex<P2PCopyError?>(nil)

  private struct Times {
    var lastSent = ContinuousClock.now
    var waitingSince: ContinuousClock.Instant?
  }

  private struct Chains {
    var sent: [UInt8] = []
    var received: [UInt8] = []
  }

  /// - Parameters:
  ///   - connection: The connection, after the handshake.
  ///   - address: Which lane it is.
  ///   - identity: What tells it from all others of the session.
  ///   - role: What this side is.
  ///   - sealer: Seals what is sent.
  ///   - opener: Opens what comes.
  init(
    connection: any TransportConnection, address: LaneAddress, identity: LaneIdentity, role: PeerRole,
    sealer: RecordSealer,
    opener: RecordOpener
  ) {
    self.connection = connection
    self.address = address
    self.identity = identity
    self.role = role
    self.sealer = sealer
    self.opener = opener
  }

  /// The numbers of the next records of both directions. Before anybody sends or receives over it.
  var recordCounts: (sent: UInt64, received: UInt64) { (sealer.recordCount, opener.recordCount) }

  /// When something was sent last.
  var lastSent: ContinuousClock.Instant { times.withLock { $0.lastSent } }

  /// Where records are made and used up ones go.
  var buffers: MessageBufferPool { connection.buffers }

  /// Seals and sends a record.
  ///
  /// - Parameters:
  ///   - record: From ``P2PCopyCore/MessageBufferPool/takeRecord()``, with a body.
  ///   - number: Its number; `nil` for one behind all that went over this lane.
  /// - Throws: ``P2PCopyError`` when the connection is lost.
  func send(_ record: consuming ByteBuffer, as number: UInt64? = nil) async throws {
    await sendLock.acquire()
    defer { sendLock.release() }
    try await sendLocked(consume record, number)
  }

  /// Seals and sends a control record.
  ///
  /// - Parameter message: The record.
  /// - Returns: The body as it was sealed, without its first byte.
  /// - Throws: ``P2PCopyError`` when the connection is lost.
  @discardableResult
  func send(_ message: SessionMessage) async throws -> [UInt8] {
    let body = message.recordBody
    try await send(MessageBufferPool.makeRecord(body: body))
    return Array(body.dropFirst())
  }

  /// Waits for the next record and opens it.
  ///
  /// - Parameter isInAnyOrder: Asked when a record has come: whether the session has several lanes, so that some come over
  ///   others.
  /// - Returns: The record's number and body. Give the buffer back to ``buffers`` once it is used up.
  /// - Throws: ``P2PCopyError`` when the connection is lost, or a record is not what was sealed.
  func receive(inAnyOrder isInAnyOrder: () -> Bool = { false }) async throws -> (number: UInt64, body: ByteBuffer) {
    times.withLock { $0.waitingSince = .now }
    let message: TransportMessage?
    do {
      message = try await connection.receive()
    } catch {
      throw explained(error)
    }
    times.withLock { $0.waitingSince = nil }
    switch consume message {
    case .binary(let received):
      var record = consume received
      let number: UInt64
      if isInAnyOrder() {
        number = try opener.openAny(&record)
      } else {
        number = opener.recordCount
        try opener.open(&record)
      }
      lastChains.withLock { $0.received = opener.chainValue }
      return (number, record)
    case .text(let text):
      // A receiver that does not believe the sender's confirmation says so in place of its first record. Nobody has sealed
      // it: once a record was opened, such a text is the relay's, or somebody's on the way.
      if role == .sender, opener.recordCount == 0, (try? HandshakeMessage(decoding: text)) == .wrongCode {
        throw Handshake.confirmationRefused
      }
      throw P2PCopyError(
        .protocolViolation,
        "a text came among the sealed records, which no \(role.other) sends: the relay, or somebody on the way,"
          + " interferes",
        remedy: .changeRelay)
    case nil: throw explained(TransportClosure.normal)
    }
  }

  /// Seals from now on under another key.
  func changeSendingKey(to key: consuming RecordKey) async {
    await sendLock.acquire()
    sealer.changeKey(to: key)
    sendLock.release()
  }

  /// Opens from now on under another key. Called by the receiving task.
  func changeReceivingKey(to key: consuming RecordKey) {
    opener.changeKey(to: key)
  }

  /// The chains of both directions so far: those of the last record sealed and of the last one opened.
  var chains: (sent: [UInt8], received: [UInt8]) { lastChains.withLock { ($0.sent, $0.received) } }

  /// Waits for the other side to end the connection, if it has not done so; what it says before is not looked at.
  ///
  /// - Throws: ``P2PCopyError`` when the connection is lost.
  func awaitEnd() async throws {
    do {
      while try await connection.receive() != nil {}
    } catch {
      let error = explained(error)
      // Whoever received before may have had the end already.
      if (error as? P2PCopyError)?.isGoodEnd != true { throw error }
    }
  }

  /// Ends the connection in good order.
  func finish() async throws -> TransportClosure {
    do {
      return try await connection.finish(.normal)
    } catch {
      throw explained(error)
    }
  }

  /// Ends the connection at once. Whoever sends or receives gets the reason, not that the connection was ended.
  func abort(because reason: P2PCopyError) {
    abortReason.withLock { if $0 == nil { $0 = reason } }
    connection.abort()
  }

  /// What an error of the connection means: why it was ended, if this side ended it.
  private func explained(_ error: any Error) -> any Error {
    abortReason.withLock { $0 } ?? P2PCopyError.translating(error, as: role)
  }

  /// Tells the other side, as far as it can still be told, why this one stops.
  func reportFailure(_ error: any Error) async {
    let error = StopRequest.explain(error)
    let known = error as? P2PCopyError
    // What the other side caused, it knows.
    if let known, known.code == .peerLeft || known.code == .peerFailed { return }
    let code = known?.code ?? (error is CancellationError ? .cancelled : .internalError)
    // It is for the other side to decide whether to wait for this one.
    let message =
      (known?.code == .stopped ? known?.message : known?.advisingMessage)
      ?? (error is CancellationError ? "interrupted" : "unexpected error")
    let farewell = Task {
      try await withDeadline(Goodbye.patience, orThrow: P2PCopyError(.peerLeft, "the last word was not taken")) {
        try await self.send(.error(code: code, message: message))
      }
    }
    _ = await farewell.result
  }

  /// Since when somebody waits for a record; `nil` while nobody does.
  var waitingSince: ContinuousClock.Instant? { times.withLock { $0.waitingSince } }

  private func sendLocked(_ record: consuming ByteBuffer, _ number: UInt64?) async throws {
    var record = consume record
    try sealer.seal(&record, as: number ?? sealer.recordCount)
    lastChains.withLock { $0.sent = sealer.chainValue }
    do {
      try await connection.send(.binary(consume record))
    } catch {
      throw explained(error)
    }
    times.withLock { $0.lastSent = .now }
  }
}

extension SessionMessage {
  /// The body of its record, the kind in front.
  var recordBody: [UInt8] { [RecordKind.control.rawValue] + encoded() }
}

extension P2PCopyError {
  /// Whether it says that the other side was stopped, to be run again: nothing is lost for whoever waits for that.
  var isStop: Bool { (cause as? TransportClosure)?.isStop ?? false }

  /// Whether it says that the other side ended a connection in good order.
  var isGoodEnd: Bool { (cause as? TransportClosure)?.isNormal ?? false }

  /// Whether it says that a connection was lost that another one can stand in for: nobody said goodbye.
  var isLostConnection: Bool {
    guard code == .peerLeft else { return code == .relayUnreachable }
    guard let closure = cause as? TransportClosure else { return true }
    switch closure.reason {
    // Nobody ends well before the end: a close that says so comes from somebody between.
    case .normal, .peerVanished, .goingAway, .unavailable, .other: return true
    case .failed, .waitedTooLong, .refused: return false
    }
  }
}
