import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// Keeps a session's lane alive: says now and then that this side is still working, and gives up a lane over which nothing
/// comes. Then its connection is ended, since whoever waits for room to send waits for nothing.
struct Liveness: Sendable {
  let delivery: Delivery
  /// After this time without hearing anything a lane is given up.
  let silenceLimit: Duration

  /// Runs until it is cancelled.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/peerLeft`` after too long a silence, unless another lane is
  ///   dialled then.
  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      // Two tasks: saying something can take as long as the other side takes nothing.
      group.addTask { try await watchForSilence() }
      group.addTask {
        while true {
          try await Task.sleep(for: Protocol2Suite.workingInterval / 3)
          try await delivery.sayThatItWorks(afterSaying: Protocol2Suite.workingInterval)
        }
      }
      try await group.next()
    }
  }

  private func watchForSilence() async throws {
    while true {
      try await Task.sleep(for: min(Protocol2Suite.workingInterval / 3, silenceLimit / 4))
      guard let lane = delivery.openLane, let waitingSince = lane.waitingSince, .now - waitingSince > silenceLimit
      else {
        continue
      }
      let silence = P2PCopyError(
        .peerLeft,
        "nothing was heard from the \(delivery.role.other) for \(silenceLimit.components.seconds) seconds",
        remedy: .resume)
      lane.abort(because: silence)
      try delivery.lose(lane, because: silence)
    }
  }
}
