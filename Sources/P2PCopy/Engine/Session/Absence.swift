import P2PCopyCore
import P2PCopyTransfer

/// What happens while a session has no lane: people are told, somebody who takes the other peer's place is looked for, and
/// after a time it is over. The lanes dial meanwhile.
struct Absence: Sendable {
  let delivery: Delivery

  /// Runs until it is cancelled.
  ///
  /// - Throws: ``P2PCopyError``: the other peer did not come back in time, or another one has taken its place.
  func run() async throws {
    while true {
      try await delivery.lanes.wait { $0.openCount == 0 }
      guard let (reason, since) = delivery.lanes.read({ $0.lastLoss }) else { continue }
      delivery.monitor.emit(.connectionLost(reason: reason.message, patience: delivery.dialing.patience))
      do {
        try await awaitReturn(after: reason)
      } catch let error as P2PCopyError {
        delivery.end(because: error)
        throw error
      } catch {
        // The session may be over before this task hears that a lane is there again.
        if delivery.lanes.read({ $0.openCount > 0 }) { delivery.monitor.emit(.reconnected(after: .now - since)) }
        throw error
      }
      delivery.monitor.emit(.reconnected(after: .now - since))
    }
  }

  private enum Return: Sendable {
    case lane
    case successor(OpenedSession)
  }

  private func awaitReturn(after reason: P2PCopyError) async throws {
    let lanes = delivery.lanes
    try await withThrowingTaskGroup(of: Return.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        try await lanes.wait { $0.openCount > 0 }
        return .lane
      }
      group.addTask {
        try await Task.sleep(until: delivery.incoming.read { $0.lastProgress } + delivery.dialing.patience)
        throw final(reason)
      }
      group.addTask {
        .successor(try await delivery.dialing.awaitSuccessor(while: { lanes.read { $0.openCount == 0 } }))
      }
      let first = await group.nextResult()
      group.cancelAll()
      while let other = await group.nextResult() {
        // It came too late. Without a word, so that it comes again if it must.
        if case .success(.successor(let opened)) = other { opened.connection.abort() }
      }
      guard case .successor(let opened)? = try first?.get() else { return }
      delivery.dialing.adopt(opened)
      for lane in lanes.read({ $0.open }) { lane.connection.abort() }
      throw P2PCopyError(.peerLeft, "the \(delivery.role.other) was started again", remedy: .resume)
    }
  }

  private func final(_ reason: P2PCopyError) -> P2PCopyError {
    var final = reason
    final.message += "; connecting again failed for \(delivery.dialing.patience.components.seconds) s"
    if let last = delivery.dialing.lastFailure { final.message += ", lastly because: \(last.message)" }
    return final
  }
}
