import Logging
import P2PCopyCore

extension Delivery {
  /// How long the other lanes may take to end when one has.
  private static let closingPatience = Duration.milliseconds(500)

  /// How long a receiver, which has everything in place, waits for the sender to know that.
  private static let farewellPatience = Duration.seconds(60)

  /// Ends the session in good order, at the sender, which has the receipt: whatever happens now changes nothing.
  func finish() async {
    let lanes = lanes.read { $0.open }
    await withTaskGroup(of: Bool.self) { group in
      for lane in lanes {
        group.addTask {
          do {
            let closure = try await lane.finish()
            self.session.logger.debug("the connection is closed", metadata: ["by": "\(closure.reason)"])
          } catch {
            self.session.logger.debug("the connection was lost after the receipt")
          }
          return true
        }
      }
      // One says it. The other side may not have heard of a lane that was just being added, and does not end that.
      var openCount = lanes.count
      while openCount > 0, let isClosed = await group.next(), isClosed {
        if openCount == lanes.count {
          group.addTask {
            try? await Task.sleep(for: Self.closingPatience)
            return false
          }
        }
        openCount -= 1
      }
      for lane in lanes { lane.connection.abort() }
      group.cancelAll()
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
