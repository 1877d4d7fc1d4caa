import Logging
import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// One lane of a session, over all its connections: moves records between the connection and outbox and inbox, and finds
/// another connection when that is lost.
struct LaneKeeper: Sendable {
  /// How long what the other side said last may be on its way when its connection takes nothing more.
  private static let lastWordPatience = Duration.seconds(1)

  /// Which lane.
  let number: UInt32
  let delivery: Delivery

  /// Why a lane is not used any more.
  private enum End: Sendable {
    /// Something may go on over another connection, or may not.
    case lost(any Error)
    /// It is not wanted, and the other side knows that.
    case unwanted
    /// Everything has been said, and the sender has ended it.
    case over
  }

  /// Keeps the lane until it is cancelled: whenever it is wanted.
  ///
  /// - Throws: ``P2PCopyError`` with which the session ends.
  func run() async throws {
    while true {
      try await delivery.lanes.wait { $0.wants(number) }
      guard let lane = try await openLaneWhileWanted() else { continue }
      switch try await carry(lane) {
      case .unwanted:
        delivery.lanes.withLock { $0.remove(lane, because: nil) }
        delivery.outgoing.withLock { $0.outbox.release(lane.identity) }
        lane.connection.abort()
      case .over: return
      case .lost(let error):
        if delivery.outgoing.read({ $0.isNotAwaitedAnyMore }) { return }
        try lose(lane, because: error)
      }
    }
  }

  /// Sends what waits and ends the lane in good order, over another connection when one is lost.
  ///
  /// With several lanes the sender ends them first: a lane that ended before the receipt, which goes over another one, has
  /// arrived would be one that was lost.
  ///
  /// - Throws: ``P2PCopyError`` when a lost connection ends the session.
  func runToTheEnd() async throws {
    while delivery.lanes.read({ $0[number] != nil }) || !delivery.outgoing.read({ $0.isNotAwaitedAnyMore }) {
      let lane = try await openLane()
      do {
        let isSent = await sendWaiting(over: lane)
        // What could not be sent may have been no use any more, since the sender has everything and has ended the lane.
        if !isSent || delivery.lanes.read({ $0.haveBeenSeveral }) { try await lane.awaitEnd() }
        let closure = try await lane.finish()
        return delivery.session.logger.debug("the connection is closed", metadata: ["by": "\(closure.reason)"])
      } catch {
        try lose(lane, because: error)
      }
    }
  }

  /// - Returns: The lane as it is, or a new one; `nil` when it is not wanted any more.
  private func openLaneWhileWanted() async throws -> Lane? {
    try await withThrowingTaskGroup(of: Lane?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await openLane() }
      group.addTask {
        try await delivery.lanes.wait { !$0.wants(number) }
        return nil
      }
      return try await group.next() ?? nil
    }
  }

  /// The lane as it is, or a new one.
  private func openLane() async throws -> Lane {
    if let lane = delivery.lanes.read({ $0[number] }) { return lane }
    let outcome = try await delivery.dialing.dial(
      number,
      after: delivery.lanes.read { $0.lastLoss == nil } ? 0 : 1 + delivery.incoming.read { $0.fruitlessCount },
      having: { delivery.incoming.read { $0.inbox.count } })
    try delivery.outgoing.withLock { outgoing in
      // Over other lanes more may have come since the peers said this.
      guard delivery.lanes.read({ $0.haveBeenSeveral }) || outgoing.outbox.reaches(outcome.sentCount) else {
        throw P2PCopyError(
          .protocolViolation,
          "the \(delivery.role.other) came back with \(outcome.sentCount) records, and had said that it had more")
      }
      try outgoing.outbox.settle(outcome.sentCount)
    }
    delivery.incoming.withLock { $0.fruitlessCount += 1 }
    delivery.lanes.withLock { $0.add(outcome.lane) }
    return outcome.lane
  }

  /// The lane does not carry any more.
  ///
  /// - Throws: The error, when it is not one that another connection can make good.
  private func lose(_ lane: Lane, because error: any Error) throws {
    try Task.checkCancellation()
    guard delivery.isMadeGood(error), let reason = error as? P2PCopyError else {
      let final = error as? P2PCopyError ?? P2PCopyError(.internalError, "unexpected error", cause: error)
      delivery.end(because: final)
      throw error
    }
    delivery.session.logger.debug(
      "a lane is lost",
      metadata: ["lane": "\(number)", "epoch": "\(lane.address.epoch)", "reason": "\(reason.message)"])
    delivery.lanes.withLock { $0.remove(lane, because: reason) }
    delivery.outgoing.withLock { $0.outbox.release(lane.identity) }
    lane.abort(because: reason)
    delivery.sayThatIsLost(lane.address)
  }

  // MARK: Records

  /// Sends and receives until the connection is lost, or not wanted.
  private func carry(_ lane: Lane) async throws -> End {
    try await withThrowingTaskGroup(of: (isReader: Bool, end: End).self) { group in
      defer { group.cancelAll() }
      group.addTask { (true, try await read(lane)) }
      group.addTask { (false, try await write(to: lane)) }
      guard let first = try await group.next() else { throw CancellationError() }
      guard case .lost = first.end, !first.isReader else { return first.end }
      // A connection that takes nothing more may still have what the other side said last, which says why.
      group.addTask {
        try await Task.sleep(for: Self.lastWordPatience)
        return first
      }
      return try await group.next()?.end ?? first.end
    }
  }

  /// - Throws: What ends the session, or `CancellationError`.
  private func read(_ lane: Lane) async throws -> End {
    var isConfirmed = false
    while true {
      let isExpected = try await delivery.incoming.first { incoming -> Bool? in
        guard incoming.isExpected else { return false }
        return incoming.inbox.hasRoom ? true : nil
      }
      guard isExpected else { return try await awaitEnd(of: lane) }
      let (number, body): (UInt64, ByteBuffer)
      do {
        (number, body) = try await lane.receive { delivery.lanes.read { $0.haveBeenSeveral } }
      } catch {
        try Task.checkCancellation()
        if isUnwanted, (error as? P2PCopyError)?.isGoodEnd == true { return .unwanted }
        if delivery.incoming.read({ !$0.isExpected }) { continue }
        return .lost(error)
      }
      if !isConfirmed {
        delivery.dialing.confirm(lane.address)
        isConfirmed = true
      }
      do {
        try delivery.take(body, number)
      } catch {
        return .lost(error)
      }
    }
  }

  /// Everything has been said. That a sender ends its lanes then is as it should be: it has the receipt.
  ///
  /// - Throws: `CancellationError`.
  private func awaitEnd(of lane: Lane) async throws -> End {
    // A sender ends them itself.
    if delivery.role == .receiver {
      do {
        try await lane.awaitEnd()
        delivery.outgoing.withLock { $0.isNotAwaitedAnyMore = true }
        return .over
      } catch {
        // Whatever happened to it: whoever has something to send over it finds out.
        try Task.checkCancellation()
      }
    }
    while true { try await Task.sleep(for: .seconds(3600)) }
  }

  /// - Throws: `CancellationError`.
  private func write(to lane: Lane) async throws -> End {
    while true {
      let isWanted = try await awaitWork(for: lane)
      guard isWanted else {
        do {
          let closure = try await lane.finish()
          return closure.isNormal ? .unwanted : .lost(P2PCopyError(closure, as: delivery.role))
        } catch {
          try Task.checkCancellation()
          return .lost(error)
        }
      }
      if let end = try await sendNext(over: lane) { return end }
    }
  }

  /// Waits until there is something to send.
  ///
  /// - Returns: `false` when the lane is not wanted any more and everything that it carried has arrived; the sender ends it.
  private func awaitWork(for lane: Lane) async throws -> Bool {
    let (identity, role) = (lane.identity, delivery.role)
    return try await delivery.outgoing.first { outgoing -> Bool? in
      guard number < outgoing.wantedLaneCount else {
        return role == .sender && !outgoing.outbox.isCarrying(identity) ? false : nil
      }
      return outgoing.outbox.hasItem(for: identity) ? true : nil
    }
  }

  /// - Returns: Why nothing can be sent any more.
  private func sendNext(over lane: Lane) async throws -> End? {
    // One reference only: the record is sealed in place.
    guard
      var item = delivery.outgoing.withLock({ (outgoing) -> Outbox.Item? in
        let item = outgoing.outbox.take(for: lane.identity)
        if item != nil { outgoing.sendingCount += 1 }
        return item
      })
    else { return nil }
    defer { delivery.outgoing.withLock { $0.sendingCount -= 1 } }
    do {
      try await send(&item, over: lane)
      return nil
    } catch {
      try Task.checkCancellation()
      return .lost(error)
    }
  }

  /// - Returns: Whether the connection took everything.
  private func sendWaiting(over lane: Lane) async -> Bool {
    while var item = delivery.outgoing.withLock({ $0.outbox.take(for: lane.identity) }) {
      do {
        try await send(&item, over: lane)
      } catch {
        return false
      }
    }
    return true
  }

  private func send(_ item: inout Outbox.Item, over lane: Lane) async throws {
    if let record = item.record.take() {
      try await lane.send(consume record, as: item.number)
    } else if let copy = item.copy {
      try await lane.send(copy.record(), as: item.number)
    }
  }

  private var isUnwanted: Bool { delivery.lanes.read { !$0.wants(number) } }
}
