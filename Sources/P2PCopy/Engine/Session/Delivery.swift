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

  /// While one is missing the other side is told so often what came besides.
  private static let gapInterval = Duration.milliseconds(500)

  /// How long a record may be on its way before another lane carries it, too.
  private static let carryingPatience = Duration.seconds(2)

  /// How long one may be missing while others come.
  private static let gapLimit = Duration.seconds(60)

  /// How long the other lanes may take to end when one has.
  private static let closingPatience = Duration.milliseconds(500)

  /// How long a receiver, which has everything in place, waits for the sender to know that.
  private static let farewellPatience = Duration.seconds(60)

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

  /// What comes.
  struct Incoming: Sendable {
    var inbox: Inbox
    /// What is not to wait for its turn: the other side's last word.
    var lastWord: ByteBuffer?
    /// How many records and bytes came since the other side was told.
    var untoldRecordCount: UInt64 = 0
    var untoldByteCount = 0
    /// Whether pieces of files are among them: the other side keeps their files open until it is told.
    var hasUntoldContent = false
    /// Whether anything is among them but what the other side was told itself.
    var hasUntoldNews = false
    var lastProgress = ContinuousClock.now
    /// How often lanes were opened since then.
    var fruitlessCount = 0
    /// The record that is missing, and since when that is known.
    var gap: (number: UInt64, since: ContinuousClock.Instant)?
    /// The number of the record with which everything has been said.
    var lastNumber: UInt64?
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
  let incoming: AwaitedState<Incoming>
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
    incoming = AwaitedState(Incoming(inbox: Inbox(count: counts.received)))
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
    if let told { due.withLock { $0 = told } }
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
    tasks.add("\(role): acknowledging") { try await self.acknowledge() }
    if let contentInterval {
      tasks.add("\(role): acknowledging content") { try await self.acknowledgeContent(each: contentInterval) }
    }
    if maximumLaneCount > 1 {
      tasks.add("\(role): watching for gaps") { try await self.watchForGaps() }
      tasks.add("\(role): watching for laggards") { try await self.watchForLaggards() }
    }
  }

  /// Tells the other side now and then which of its records have come. Runs until it is cancelled.
  ///
  /// A task of its own: whoever receives must not wait for room to send.
  private func acknowledge() async throws {
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
      if let told { due.withLock { $0 = told } }
    }
  }

  /// Tells the other side in time what has come and what is missing, and ends the session when it stays so.
  private func watchForGaps() async throws {
    while true {
      try await Task.sleep(for: Self.gapInterval)
      // With one alone what it carries cannot go over another one in the meantime.
      let areSeveral = lanes.read { $0.openCount > 1 }
      let (told, missing): (ReceivedCount?, UInt64?) = incoming.withLock { incoming in
        guard incoming.inbox.hasGap else {
          incoming.gap = nil
          return (areSeveral && incoming.hasUntoldNews ? incoming.told() : nil, nil)
        }
        if incoming.gap?.number != incoming.inbox.count { incoming.gap = (incoming.inbox.count, .now) }
        let isLost = incoming.gap.map { .now - $0.since > Self.gapLimit } ?? false
        return (incoming.untoldRecordCount > 0 ? incoming.told() : nil, isLost ? incoming.inbox.count : nil)
      }
      if let told { due.withLock { $0 = told } }
      if let missing, lanes.read({ $0.openCount > 0 }) {
        throw P2PCopyError(
          .checksumMismatch, "record \(missing) from the \(role.other) was lost on the way, and others came",
          remedy: .resume)
      }
    }
  }

  /// Ends a lane that holds up everything that goes over the others: what it carried goes over those. What may be held up by
  /// one, and holds up nothing yet, goes over another one as well.
  private func watchForLaggards() async throws {
    while true {
      try await Task.sleep(for: Self.gapInterval)
      let openCount = lanes.read { $0.openCount }
      if openCount > 1 { outgoing.withLock { $0.outbox.repeatOverdue(before: .now - Self.carryingPatience) } }
      guard let laggard = outgoing.read({ $0.outbox.laggard(amongLanes: openCount) }),
        let lane = lanes.read({ lanes in lanes.open.first { $0.identity == laggard } })
      else { continue }
      lane.abort(because: P2PCopyError(.peerLeft, "one of \(openCount) connections fell behind the others"))
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

  // MARK: The end

  /// Ends the session in good order, at the sender, which has the receipt: whatever happens now changes nothing.
  func finish() async {
    let lanes = lanes.read { $0.open }
    await withTaskGroup(of: Void.self) { group in
      for lane in lanes {
        group.addTask {
          do {
            let closure = try await lane.finish()
            self.session.logger.debug("the connection is closed", metadata: ["by": "\(closure.reason)"])
          } catch {
            self.session.logger.debug("the connection was lost after the receipt")
          }
        }
      }
      guard lanes.count > 1 else { return }
      // One says it. The other side may not have heard of a lane that was just being added.
      await group.next()
      group.addTask { try? await Task.sleep(for: Self.closingPatience) }
      await group.next()
      for lane in lanes { lane.connection.abort() }
    }
  }

  /// Waits, at the receiver, for the sender to end the connections. Everything is in place by now, so nothing that happens
  /// here can undo success; but a sender that has lost the lane before it had the receipt gets it over another one.
  func awaitEnd() async {
    let patience = dialing.patience > .zero ? min(dialing.patience, Self.farewellPatience) : Self.farewellPatience / 2
    let ending = Task {
      // What is on its way may be so over a lane that stands still.
      if self.lanes.read({ $0.openCount > 1 }) { self.outgoing.withLock { $0.outbox.repeatOverdue(before: .now) } }
      try await withDeadline(patience, orThrow: P2PCopyError(.peerLeft, "no close from the sender")) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          defer { group.cancelAll() }
          let open = Set(self.lanes.read { lanes in lanes.open.map(\.address.number).filter(lanes.wants) })
          for number in open.union([0]) {
            group.addTask { try await LaneKeeper(number: number, delivery: self).runToTheEnd() }
          }
          group.addTask { try await Absence(delivery: self).run() }
          try await group.next()
        }
      }
    }
    if case .failure(let error) = await ending.result {
      session.logger.debug("the sender did not close", metadata: ["error": "\(error)"])
    }
    for lane in session.lanes { lane.connection.abort() }
  }
}

extension Delivery.Incoming {
  /// Whether more is to come: what happens to lanes behind the last word is not looked at.
  var isExpected: Bool { lastNumber.map { inbox.count <= $0 } ?? true }

  /// A record has come.
  fileprivate mutating func count(_ byteCount: Int) {
    lastProgress = .now
    fruitlessCount = 0
    untoldRecordCount += 1
    untoldByteCount += byteCount
  }

  /// What the other side is told of what has come.
  fileprivate mutating func told() -> ReceivedCount {
    untoldRecordCount = 0
    untoldByteCount = 0
    hasUntoldContent = false
    hasUntoldNews = false
    return ReceivedCount(inbox.count, others: inbox.numbersAhead)
  }
}

extension P2PCopyError {
  fileprivate var saysThatThePeerIsGone: Bool { code == .peerLeft || code == .peerFailed }
}
