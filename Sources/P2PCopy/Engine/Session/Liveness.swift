import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// Keeps a session alive: says now and then that this side is still working, and gives up lanes over none of which anything
/// comes. Then their connections are ended, since whoever waits for room to send waits for nothing.
struct Liveness: Sendable {
  let delivery: Delivery
  /// After this time without hearing anything lanes are given up.
  let silenceLimit: Duration

  /// Runs until it is cancelled.
  ///
  /// - Throws: `CancellationError`.
  func run() async throws {
    while true {
      try await Task.sleep(for: min(Protocol2Suite.workingInterval / 3, silenceLimit / 4))
      delivery.sayThatItWorks(afterSaying: Protocol2Suite.workingInterval)
      let lanes = delivery.lanes.read { $0.open }
      let waiting = lanes.map(\.waitingSince)
      // A lane that is not read just now has brought more than can be taken.
      guard let last = waiting.lazy.compactMap(\.self).max(), !waiting.contains(nil), .now - last > silenceLimit else {
        continue
      }
      let silence = P2PCopyError(
        .peerLeft,
        "nothing was heard from the \(delivery.role.other) for \(silenceLimit.components.seconds) seconds",
        remedy: .resume)
      for lane in lanes { lane.abort(because: silence) }
    }
  }
}
