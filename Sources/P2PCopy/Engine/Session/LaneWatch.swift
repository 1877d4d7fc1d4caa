import P2PCopyCore
import P2PCopyWire

/// Sees to it that one of several lanes holds nothing up: each function runs as a task of the session, until it is cancelled.
struct LaneWatch {
  /// How often it looks: while a record is missing the other side is told so often what came besides.
  private static let interval = Duration.milliseconds(500)

  /// How long a record may be on its way before another lane carries it, too.
  private static let carryingPatience = Duration.seconds(2)

  /// How long one may be missing while others come.
  private static let gapLimit = Duration.seconds(60)

  let delivery: Delivery

  private var openCount: Int { delivery.lanes.read { $0.openCount } }

  /// Tells the other side in time what has come and what is missing, and ends the session when it stays so.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/checksumMismatch``: a record was lost.
  func watchForGaps() async throws {
    while true {
      try await Task.sleep(for: Self.interval)
      // With one alone what it carries cannot go over another one in the meantime.
      let areSeveral = openCount > 1
      let (told, missing): (ReceivedCount?, UInt64?) = delivery.incoming.withLock { incoming in
        let missing = incoming.overdueRecord(after: Self.gapLimit)
        let isNews = incoming.inbox.hasGap ? incoming.untoldRecordCount > 0 : areSeveral && incoming.hasUntoldNews
        return (isNews ? incoming.told() : nil, missing)
      }
      if let told { delivery.acknowledge(told) }
      if let missing, openCount > 0 {
        throw P2PCopyError(
          .checksumMismatch, "record \(missing) from the \(delivery.role.other) was lost on the way, and others came",
          remedy: .resume)
      }
    }
  }

  /// Ends a lane that holds up everything that goes over the others: what it carried goes over those. What may be held up by
  /// one, and holds up nothing yet, goes over another one as well.
  func watchForLaggards() async throws {
    while true {
      try await Task.sleep(for: Self.interval)
      let openCount = openCount
      if openCount > 1 { delivery.outgoing.withLock { $0.outbox.repeatOverdue(before: .now - Self.carryingPatience) } }
      guard let laggard = delivery.outgoing.read({ $0.outbox.laggard(amongLanes: openCount) }),
        let lane = delivery.lanes.read({ lanes in lanes.open.first { $0.identity == laggard } })
      else { continue }
      lane.abort(because: P2PCopyError(.peerLeft, "one of \(openCount) connections fell behind the others"))
    }
  }
}
