import Logging
import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// The records of a session, from when something was agreed: each arrives once and in order, whichever lane carries it.
///
/// What is sent waits in the ``Outbox`` until a lane takes it, and stays there until the other side says that it has it: control
/// records as bytes, pieces of files as what they are made from. What comes is put in order by the ``Inbox``. A ``LaneKeeper``
/// for each lane moves records between these and its connection, and finds another one when that is lost: then what it
/// carried waits again. Several tasks may send; one receives.
final class Delivery: Sendable {
  /// After so many records, or bytes, the other side is told that they have come.
  private static let acknowledgedCount: UInt64 = 64
  private static let acknowledgedByteCount = 4 << 20

  /// What is to be sent.
  struct Outgoing: Sendable {
    var outbox: Outbox
    /// How many are being handed to connections.
    var sendingCount = 0
    /// As in ``LaneSet``, for those who wait here.
    var wantedLaneCount = 1
    var lastTime = ContinuousClock.now
    /// Whether the other side has ended a lane since it has everything: nothing is to be sent any more.
    var isNotAwaitedAnyMore = false
    var end: P2PCopyError?
  }

  let role: PeerRole
  /// Where records are made and used up ones go.
  let buffers: MessageBufferPool
  /// How many lanes the session may have.
  let maximumLaneCount: Int

  let session: PeerSession
  let dialing: LaneDialing
  let monitor: TransferMonitor
  let lanes: AwaitedState<LaneSet>
  let outgoing: AwaitedState<Outgoing>
  let incoming: AwaitedState<IncomingRecords>
  private let contentInterval: Duration?
  /// Whether what was sent is kept to be sent again.
  private let keepsCopies: Bool
  /// What the other side is to be told of what came.
  private let due = AwaitedState<ReceivedCount?>(nil)

  /// - Parameters:
  ///   - session: The session.
  ///   - lane: Its first lane, over which something was agreed.
  ///   - dialing: Finds the other peer again.
  ///   - maximumLaneCount: How many lanes were agreed on.
  ///   - contentInterval: So often a sender is told at least while it sends content; `nil` at the sender.
  ///   - monitor: Told of lanes that are lost.
  init(
    _ session: PeerSession, over lane: Lane, dialing: LaneDialing, maximumLaneCount: Int,
    contentInterval: Duration? = nil, monitor: TransferMonitor
  ) {
    self.contentInterval = contentInterval
    self.session = session
    self.dialing = dialing
    self.monitor = monitor
    self.maximumLaneCount = maximumLaneCount
    role = session.role
    buffers = lane.buffers
    keepsCopies = dialing.patience > .zero || maximumLaneCount > 1
    let counts = lane.recordCounts
    outgoing = AwaitedState(
      Outgoing(
        outbox: Outbox(
          firstNumber: counts.sent, keepsCopies: keepsCopies, unitLimit: OpenFileLimit.current)))
    incoming = AwaitedState(IncomingRecords(count: counts.received))
    lanes = AwaitedState(LaneSet(first: lane))
  }

  // MARK: Sending

  /// Sends a record.
  ///
  /// - Parameter record: From ``P2PCopyCore/MessageBufferPool/takeRecord()``, with a body; not a piece of a file.
  /// - Throws: ``P2PCopyError`` when the other side cannot be reached any more.
  func send(_ record: consuming ByteBuffer) async throws {
    let body = keepsCopies ? Array(record.readableBytesView.dropFirst(RecordHeader.byteCount)) : []
    try await put(consume record, again: .body(body), byteCount: body.count)
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
    try await put(consume record, again: .unit(again), byteCount: byteCount)
  }

  /// Sends what says only how far this side is. That the other side is gone, whoever receives finds out: what it said before
  /// is still to be read, and says why.
  func tell(_ message: SessionMessage) async throws {
    do {
      try await send(message)
    } catch let error as P2PCopyError where error.saysThatThePeerIsGone {}
  }

  /// Says that this side is still working, if nothing was said for a time. Where there is no room something is being said.
  func sayThatItWorks(afterSaying nothing: Duration) {
    let body = SessionMessage.working.recordBody
    sayAtOnce(body) { .now - $0.lastTime > nothing && $0.outbox.hasRoom }
  }

  /// Says that a lane is not used any more: the other side may not notice that its connection is gone.
  func sayThatIsLost(_ lane: LaneAddress) {
    guard maximumLaneCount > 1 else { return }
    sayAtOnce(LaneLoss(number: lane.number, epoch: lane.epoch).body) { _ in true }
  }

  /// Sends a record without waiting for room, if a lane is there.
  private func sayAtOnce(_ body: [UInt8], if isDue: (borrowing Outgoing) -> Bool) {
    guard lanes.read({ $0.openCount > 0 }) else { return }
    outgoing.withLock { outgoing in
      guard isDue(outgoing), outgoing.end == nil else { return }
      outgoing.outbox.append(MessageBufferPool.makeRecord(body: body), again: .body(body), byteCount: body.count)
      outgoing.lastTime = .now
    }
  }

  private func send(body: [UInt8], waitsForRoom: Bool = true) async throws {
    try await put(
      MessageBufferPool.makeRecord(body: body), again: .body(body), byteCount: body.count, waitsForRoom: waitsForRoom)
  }

  private func put(
    _ record: consuming ByteBuffer, again copy: Outbox.Copy, byteCount: Int, waitsForRoom: Bool = true
  ) async throws {
    var record: ByteBuffer? = consume record
    while true {
      try await outgoing.wait { outgoing in
        if let end = outgoing.end { throw end }
        return !waitsForRoom || outgoing.outbox.hasRoom
      }
      let isTaken = outgoing.withLock { outgoing in
        guard outgoing.end == nil, !waitsForRoom || outgoing.outbox.hasRoom, let taken = record.take() else {
          return false
        }
        outgoing.outbox.append(taken, again: copy, byteCount: byteCount)
        outgoing.lastTime = .now
        return true
      }
      if isTaken { return }
    }
  }

  /// Waits until everything has been handed to a connection, or nobody waits for it any more.
  ///
  /// - Throws: ``P2PCopyError`` when the other side cannot be reached any more.
  func flush() async throws {
    try await outgoing.wait { outgoing in
      if let end = outgoing.end { throw end }
      return outgoing.isNotAwaitedAnyMore || outgoing.outbox.isEmptied && outgoing.sendingCount == 0
    }
  }

  // MARK: Receiving

  /// Waits for the next record.
  ///
  /// - Returns: The body. Give the buffer back to ``buffers`` once it is used up.
  /// - Throws: ``P2PCopyError`` when the other side cannot be reached any more, or breaks the protocol.
  func receive() async throws -> ByteBuffer {
    while true {
      try await incoming.wait { incoming in
        if incoming.inbox.isReady || incoming.lastWord != nil { return true }
        if let end = incoming.end { throw end }
        return false
      }
      let body: ByteBuffer? = incoming.withLock { incoming in incoming.inbox.take() ?? incoming.lastWord.take() }
      if let body { return body }
    }
  }

  /// Takes in what came over a lane.
  ///
  /// - Throws: ``P2PCopyError``: the other side breaks the protocol.
  func take(_ body: consuming ByteBuffer, _ number: UInt64) throws {
    var body = body
    var byteCount = body.readableBytes
    guard byteCount > 0 else { throw P2PCopyError(.protocolViolation, "the \(role.other) sent an empty record") }
    let kind = body.getInteger(at: body.readerIndex, as: UInt8.self).flatMap(RecordKind.init)
    let isContent = kind == .chunk || kind == .pack
    switch kind {
    case .received:
      let received = try ReceivedCount(readingFrom: &body)
      try outgoing.withLock { try $0.outbox.settle(received.count, received.others) }
    case .lanes where role == .receiver:
      want(Int(try LaneCount(readingFrom: &body, limit: maximumLaneCount).count), as: number)
    case .laneLost:
      let lost = try LaneLoss(readingFrom: &body)
      if let lane = lanes.read({ $0[lost.number] }), lane.address.epoch == lost.epoch {
        lane.abort(because: P2PCopyError(.peerLeft, "the \(role.other) has lost one of several connections"))
      }
    case .control:
      switch try SessionMessage(decoding: body.readableBytesView.dropFirst()) {
      case .receipt, .end: incoming.withLock { $0.lastNumber = $0.lastNumber ?? number }
      case .error where incoming.read({ number != $0.inbox.count }):
        // The reason why the other side ends is no use behind what it does not send any more. Said behind what its own lane
        // carried, it may have a number that others have gone beyond.
        return incoming.withLock { $0.lastWord = $0.lastWord ?? body }
      default: break
      }
    default: break
    }
    // What was dealt with has its number all the same.
    if body.readableBytes == 0 { byteCount = 9 }
    let told: ReceivedCount? = try incoming.withLock { incoming in
      guard try incoming.inbox.insert(body, as: number) else { return nil }
      incoming.count(byteCount)
      if isContent { incoming.hasUntoldContent = true }
      if kind != .received { incoming.hasUntoldNews = true }
      guard
        incoming.untoldByteCount >= Self.acknowledgedByteCount || incoming.untoldRecordCount >= Self.acknowledgedCount
      else { return nil }
      return incoming.told()
    }
    if let told { acknowledge(told) }
  }

  /// Has the other side told, as soon as there is a lane, what has come.
  func acknowledge(_ received: ReceivedCount) {
    due.withLock { $0 = received }
  }

  // MARK: Tasks

  /// Adds what keeps the session going to its tasks.
  ///
  /// - Parameter tasks: The tasks of the session.
  func addTasks(to tasks: inout SessionTasks) {
    for number in 0..<UInt32(maximumLaneCount) {
      tasks.add("\(role): lane \(number)") {
        try await LaneKeeper(number: number, delivery: self).run()
      }
    }
    tasks.add("\(role): keeping connected") { try await Absence(delivery: self).run() }
    tasks.add("\(role): acknowledging") { try await self.sayWhatHasCome() }
    if let contentInterval {
      tasks.add("\(role): acknowledging content") { try await self.acknowledgeContent(each: contentInterval) }
    }
    if maximumLaneCount > 1 {
      let watch = LaneWatch(delivery: self)
      tasks.add("\(role): watching for gaps") { try await watch.watchForGaps() }
      tasks.add("\(role): watching for laggards") { try await watch.watchForLaggards() }
    }
  }

  /// Tells the other side now and then which of its records have come. Runs until it is cancelled.
  ///
  /// A task of its own: whoever receives must not wait for room to send.
  private func sayWhatHasCome() async throws {
    while true {
      try await due.wait { $0 != nil }
      guard let told = due.withLock({ $0.take() }) else { continue }
      do {
        // Without waiting for room: two peers whose outboxes are full wait for each other's word.
        try await send(body: told.body, waitsForRoom: false)
      } catch let error as P2PCopyError where error.saysThatThePeerIsGone {}
    }
  }

  /// Tells a sender in time which of its content has come: where it may have few open files it waits for that.
  private func acknowledgeContent(each interval: Duration) async throws {
    while true {
      try await Task.sleep(for: interval)
      let told: ReceivedCount? = incoming.withLock { $0.hasUntoldContent ? $0.told() : nil }
      if let told { acknowledge(told) }
    }
  }

  // MARK: Lanes

  /// The chains of both directions over the first lane: those of the last record sealed and of the last one opened.
  var chains: (sent: [UInt8], received: [UInt8]) { session.lanes.first?.chains ?? ([], []) }

  /// Whether a lost connection is made good.
  func isMadeGood(_ error: any Error) -> Bool {
    guard let error = error as? P2PCopyError, error.isLostConnection || error.isStop && dialing.awaitsSuccessor
    else { return false }
    return dialing.patience > .zero || lanes.read { $0.openCount > 1 }
  }

  /// The session is over: whoever sends or receives gets the reason.
  func end(because error: P2PCopyError) {
    outgoing.withLock { $0.end = $0.end ?? error }
    incoming.withLock { $0.end = $0.end ?? error }
  }

  /// The other side has said why it ends the session.
  ///
  /// - Parameter error: Why.
  /// - Throws: The error, unless the other side is to be run again and this one waits for that.
  func heard(_ error: P2PCopyError) throws(P2PCopyError) {
    guard error.isStop, dialing.awaitsSuccessor else { throw error }
    for lane in lanes.read({ $0.open }) { lane.abort(because: error) }
  }

  /// Uses so many lanes from now on, at the sender.
  ///
  /// - Parameter count: At least 1, at most ``maximumLaneCount``.
  /// - Throws: ``P2PCopyError`` when the other side cannot be reached any more.
  func use(laneCount count: Int) async throws {
    want(count, as: nil)
    try await send(body: LaneCount(UInt32(clamping: count)).body)
  }

  /// How many bytes of what was sent have arrived.
  var settledByteCount: UInt64 { outgoing.read { $0.outbox.settledByteCount } }

  /// - Parameters:
  ///   - count: How many lanes there are to be.
  ///   - number: The record that says so; older ones say nothing any more.
  private func want(_ count: Int, as number: UInt64?) {
    let isNews = lanes.withLock { $0.want(count, as: number) }
    guard isNews else { return }
    outgoing.withLock { outgoing in
      outgoing.wantedLaneCount = count
      outgoing.outbox.freshLimit = count
    }
    session.logger.debug("lanes", metadata: ["count": "\(count)"])
  }
}

extension P2PCopyError {
  fileprivate var saysThatThePeerIsGone: Bool { code == .peerLeft || code == .peerFailed }
}
