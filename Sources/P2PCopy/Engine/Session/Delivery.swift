import Logging
import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// The records of a session, from when something was agreed: each arrives once and in order, whichever lane carries it.
///
/// What was sent is kept until the other side says that it has it: control records as bytes, pieces of files as what they are
/// made from. When a lane is lost, another one is dialled, both sides say how many records they have, and what is missing is
/// sent again. Whoever sends or receives meanwhile waits. Several tasks may send; one receives.
final class Delivery: Sendable {
  /// After so many records, or bytes, the other side is told that they have come.
  private static let acknowledgedCount: UInt64 = 64
  private static let acknowledgedByteCount = 4 << 20

  /// How long a receiver, which has everything in place, waits for the sender to know that.
  private static let farewellPatience = Duration.seconds(60)

  private enum Phase: Sendable {
    case open(Lane)
    /// Since when, and why.
    case lost(P2PCopyError, since: ContinuousClock.Instant)
    /// The other peer did not come back.
    case over(P2PCopyError)
  }

  private struct Inbox: Sendable {
    /// The lane whose records count. What still comes out of one that was given up does not: it is sent again.
    var lane: Lane?
    /// How many of the other side's records have come.
    var count: UInt64
    /// How many of them the other side knows of.
    var toldCount: UInt64
    /// How many bytes came since it was told.
    var byteCount = 0
    var lastProgress = ContinuousClock.now
    /// How often the peers met again since then.
    var fruitlessCount = 0
  }

  let role: PeerRole
  /// Where records are made and used up ones go.
  let buffers: MessageBufferPool

  private let session: PeerSession
  /// Missing when a lost lane ends the session.
  private let dialing: LaneDialing?
  private let monitor: TransferMonitor
  private let phase: AwaitedState<Phase>
  private let outbox: AwaitedState<Outbox>
  private let inbox: Mutex<Inbox>
  /// How many of the other side's records it has to be told of.
  private let dueCount: AwaitedState<UInt64>
  private let sendLock = AsyncLock()

  /// - Parameters:
  ///   - session: The session.
  ///   - lane: Its first lane, over which something was agreed.
  ///   - dialing: Finds the other peer again; `nil` when a lost lane ends the session.
  ///   - monitor: Told of lanes that are lost.
  init(_ session: PeerSession, over lane: Lane, dialing: LaneDialing?, monitor: TransferMonitor) {
    self.session = session
    self.dialing = dialing
    self.monitor = monitor
    role = session.role
    buffers = lane.buffers
    phase = AwaitedState(.open(lane))
    let counts = lane.recordCounts
    outbox = AwaitedState(Outbox(firstNumber: counts.sent))
    inbox = Mutex(Inbox(lane: lane, count: counts.received, toldCount: counts.received))
    dueCount = AwaitedState(counts.received)
  }

  // MARK: Sending

  /// Sends a record.
  ///
  /// - Parameter record: From ``P2PCopyCore/MessageBufferPool/takeRecord()``, with a body; not a piece of a file.
  /// - Throws: ``P2PCopyError`` when the other side cannot be reached any more.
  func send(_ record: consuming ByteBuffer) async throws {
    let body = dialing == nil ? [] : Array(record.readableBytesView.dropFirst(RecordHeader.byteCount))
    try await send(record, keeping: .body(body), byteCount: body.count)
  }

  /// Sends a control record.
  ///
  /// - Parameter message: The record.
  /// - Throws: As ``send(_:)-(ByteBuffer)``.
  func send(_ message: SessionMessage) async throws {
    try await send(body: message.recordBody)
  }

  /// Sends pieces of files.
  ///
  /// - Parameters:
  ///   - record: From ``P2PCopyCore/MessageBufferPool/takeBulkRecord()``, with data.
  ///   - again: Makes the record again, should it be lost.
  /// - Throws: As ``send(_:)-(ByteBuffer)``.
  func send(_ record: consuming ByteBuffer, again: @escaping @Sendable () async throws -> ByteBuffer) async throws {
    let byteCount = record.readableBytes
    try await send(record, keeping: .unit(again), byteCount: byteCount)
  }

  /// Sends what says only how far this side is. That the other side is gone, whoever receives finds out: what it said before
  /// is still to be read, and says why.
  func tell(_ message: SessionMessage) async throws {
    do {
      try await send(message)
    } catch let error as P2PCopyError where error.saysThatThePeerIsGone {}
  }

  /// Says that this side is still working, if nothing was said for a time. Somebody who is sending just now shows by that
  /// that this side is alive.
  func sayThatItWorks(afterSaying nothing: Duration) async throws {
    guard let lane = openLane, .now - lane.lastSent > nothing, sendLock.tryAcquire() else { return }
    defer { sendLock.release() }
    guard isOpen(lane) else { return }
    let body = SessionMessage.working.recordBody
    keep(.body(body), byteCount: body.count)
    do {
      try await transmit(MessageBufferPool.makeRecord(body: body), over: lane)
    } catch let error as P2PCopyError where error.saysThatThePeerIsGone {}
  }

  private func send(body: [UInt8], waitsForRoom: Bool = true) async throws {
    try await send(
      MessageBufferPool.makeRecord(body: body), keeping: .body(body), byteCount: body.count, waitsForRoom: waitsForRoom)
  }

  private func send(
    _ record: consuming ByteBuffer, keeping copy: Outbox.Copy, byteCount: Int, waitsForRoom: Bool = true
  ) async throws {
    let lane = try await acquireLane(waitsForRoom: waitsForRoom)
    defer { sendLock.release() }
    keep(copy, byteCount: byteCount)
    try await transmit(record, over: lane)
  }

  /// Waits for a lane and for room in the outbox, and takes the lock. It is not held while waiting: who dials needs it.
  private func acquireLane(waitsForRoom: Bool) async throws -> Lane {
    while true {
      if waitsForRoom { try await outbox.wait(until: { $0.hasRoom }) }
      let lane = try await usableLane()
      await sendLock.acquire()
      if isOpen(lane), !waitsForRoom || outbox.read({ $0.hasRoom }) { return lane }
      sendLock.release()
    }
  }

  private func keep(_ copy: Outbox.Copy, byteCount: Int) {
    guard dialing != nil else { return }
    outbox.withLock { $0.keep(copy, byteCount: byteCount) }
  }

  /// Sends a record that is kept; with the lock.
  private func transmit(_ record: consuming ByteBuffer, over lane: Lane) async throws {
    do {
      try await lane.send(record)
    } catch {
      try lose(lane, because: error)
    }
  }

  // MARK: Receiving

  /// Waits for the next record.
  ///
  /// - Returns: The body. Give the buffer back to ``buffers`` once it is used up.
  /// - Throws: ``P2PCopyError`` when the other side cannot be reached any more, or breaks the protocol.
  func receive() async throws -> ByteBuffer {
    while true {
      let lane = try await usableLane()
      var body: ByteBuffer
      do {
        body = try await lane.receive()
      } catch {
        try lose(lane, because: error)
        continue
      }
      guard take(body.readableBytes, over: lane) else { continue }
      guard body.getInteger(at: body.readerIndex, as: UInt8.self) == RecordKind.received.rawValue else { return body }
      let count = try ReceivedCount(readingFrom: &body).count
      // Without copies nothing is known of what was sent.
      guard dialing != nil else { continue }
      try outbox.withLock { try $0.settle(count) }
    }
  }

  /// Counts a record.
  ///
  /// - Returns: Whether it counts.
  private func take(_ byteCount: Int, over lane: Lane) -> Bool {
    dialing?.confirm(lane.address)
    let (isTaken, due): (Bool, UInt64?) = inbox.withLock { inbox in
      guard inbox.lane === lane else { return (false, nil) }
      inbox.count += 1
      inbox.byteCount += byteCount
      inbox.lastProgress = .now
      inbox.fruitlessCount = 0
      guard
        inbox.byteCount >= Self.acknowledgedByteCount || inbox.count - inbox.toldCount >= Self.acknowledgedCount
      else { return (true, nil) }
      inbox.toldCount = inbox.count
      inbox.byteCount = 0
      return (true, inbox.count)
    }
    if let due { dueCount.withLock { $0 = due } }
    return isTaken
  }

  /// Tells the other side now and then how many of its records have come. Runs until it is cancelled.
  ///
  /// A task of its own: whoever receives must not wait for room to send.
  func acknowledge() async throws {
    var told = dueCount.read { $0 }
    while true {
      let last = told
      told = try await dueCount.first { $0 > last ? $0 : nil }
      do {
        // Without waiting for room: two peers whose outboxes are full wait for each other's word.
        try await send(body: ReceivedCount(told).body, waitsForRoom: false)
      } catch let error as P2PCopyError where error.saysThatThePeerIsGone {}
    }
  }

  // MARK: Lanes

  /// The lane that is in use; `nil` while there is none.
  var openLane: Lane? {
    phase.read { if case .open(let lane) = $0 { lane } else { nil } }
  }

  /// The chains of both directions over the newest lane: those of the last record sealed and of the last one opened.
  var chains: (sent: [UInt8], received: [UInt8]) { session.lane?.chains ?? ([], []) }

  /// A lane does not carry any more.
  ///
  /// - Parameters:
  ///   - lane: The lane.
  ///   - error: Why.
  /// - Throws: The error, when it is not one that another lane can make good.
  func lose(_ lane: Lane, because error: any Error) throws {
    guard let dialing, let reason = error as? P2PCopyError,
      reason.isLostConnection || reason.isStop && dialing.awaitsSuccessor, !Task.isCancelled
    else { throw error }
    phase.withLock { phase in
      guard case .open(let open) = phase, open === lane else { return }
      phase = .lost(reason, since: .now)
    }
    lane.abort(because: reason)
  }

  /// The other side has said why it ends the session.
  ///
  /// - Parameter error: Why.
  /// - Throws: The error, unless the other side is to be run again and this one waits for that.
  func end(because error: P2PCopyError) throws {
    guard error.isStop, let dialing, dialing.awaitsSuccessor else { throw error }
    // Whoever sends may have found out before.
    if let lane = openLane { try lose(lane, because: error) }
  }

  /// Dials whenever a lane was lost, and sends again what the other side has not. Runs until it is cancelled.
  ///
  /// - Throws: ``P2PCopyError``: the other peer did not come back in time.
  func keepConnected() async throws {
    while true {
      let (reason, since) = try await phase.first { phase in
        if case .lost(let reason, let since) = phase { (reason, since) } else { nil }
      }
      guard let dialing else { throw reason }
      monitor.emit(.connectionLost(reason: reason.message, patience: dialing.patience))
      try await reconnect(by: dialing, reason, since)
    }
  }

  private func reconnect(
    by dialing: LaneDialing, _ reason: P2PCopyError, _ since: ContinuousClock.Instant
  ) async throws {
    let (count, lastProgress, fruitlessCount) = inbox.withLock { inbox in
      inbox.lane = nil
      return (inbox.count, inbox.lastProgress, inbox.fruitlessCount)
    }
    let outcome: LaneExchange.Outcome
    do {
      outcome = try await dialing.dial(
        having: count, fruitlessCount: fruitlessCount, until: lastProgress + dialing.patience, after: reason)
    } catch let error as P2PCopyError {
      phase.withLock { $0 = .over(error) }
      throw error
    }
    inbox.withLock { inbox in
      inbox.fruitlessCount += 1
      inbox.lane = outcome.lane
    }
    await sendLock.acquire()
    defer { sendLock.release() }
    try outbox.withLock { outbox in
      guard outbox.reaches(outcome.sentCount) else {
        throw P2PCopyError(
          .protocolViolation,
          "the \(role.other) came back with \(outcome.sentCount) records, and had said that it had more")
      }
      try outbox.settle(outcome.sentCount)
    }
    // Before anything is sent: somebody has to receive meanwhile, or both sides wait for room.
    phase.withLock { $0 = .open(outcome.lane) }
    monitor.emit(.reconnected(after: .now - since))
    var number = outcome.sentCount
    do {
      while isOpen(outcome.lane), let copy = outbox.read({ $0.copy(number) }) {
        try await transmit(try await copy.record(), over: outcome.lane)
        number += 1
      }
    } catch {
      // Nothing may go over a lane on which something is missing.
      phase.withLock { $0 = .over(P2PCopyError(.peerLeft, "the session is over", cause: error)) }
      throw error
    }
  }

  /// Waits for a lane that can be used.
  ///
  /// - Throws: ``P2PCopyError`` when there will be none.
  private func usableLane() async throws -> Lane {
    try await phase.first { phase -> Lane? in
      switch phase {
      case .open(let lane): lane
      case .lost: nil
      case .over(let error): throw error
      }
    }
  }

  private func isOpen(_ lane: Lane) -> Bool { openLane === lane }

  // MARK: The end

  /// Ends the session in good order, at the sender, which has the receipt: whatever happens now changes nothing.
  func finish() async throws {
    guard let lane = openLane else { return }
    do {
      let closure = try await lane.finish()
      session.logger.debug("the connection is closed", metadata: ["by": "\(closure.reason)"])
    } catch let error as P2PCopyError where error.isLostConnection {
      session.logger.debug("the connection was lost after the receipt")
    }
  }

  /// Waits, at the receiver, for the sender to end the connection. Everything is in place by now, so nothing that happens
  /// here can undo success; but a sender that has lost the lane before it had the receipt gets it over another one.
  func awaitEnd() async {
    let patience = dialing.map { min($0.patience, Self.farewellPatience) } ?? Self.farewellPatience / 2
    let ending = Task {
      try await withDeadline(patience, orThrow: P2PCopyError(.peerLeft, "no close from the sender")) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          defer { group.cancelAll() }
          group.addTask { try await self.keepConnected() }
          group.addTask { try await self.finishOverAnyLane() }
          try await group.next()
        }
      }
    }
    if case .failure(let error) = await ending.result {
      session.logger.debug("the sender did not close", metadata: ["error": "\(error)"])
    }
    session.lane?.connection.abort()
  }

  private func finishOverAnyLane() async throws {
    while true {
      let lane = try await usableLane()
      do {
        let closure = try await lane.finish()
        return session.logger.debug("the connection is closed", metadata: ["by": "\(closure.reason)"])
      } catch {
        try lose(lane, because: error)
      }
    }
  }
}

extension P2PCopyError {
  fileprivate var saysThatThePeerIsGone: Bool { code == .peerLeft || code == .peerFailed }
}
