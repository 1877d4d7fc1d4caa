import P2PCopy
import Synchronization

/// Cuts all connections of a transfer when so many messages have passed its relay, counted over all connections.
final class Cutter: Sendable {
  private let state: Mutex<(count: Int, cuts: Set<Int>, cutCount: Int, tap: Tap?)>

  /// - Parameter cuts: The messages that are not delivered any more, from 1.
  init(at cuts: Set<Int>) {
    state = Mutex((0, cuts, 0, nil))
  }

  /// How often they were cut.
  var cutCount: Int { state.withLock { $0.cutCount } }

  /// - Parameter tap: Has the connections.
  func watch(_ tap: Tap) {
    state.withLock { $0.tap = tap }
  }

  /// What the relay delivers. Connections are cut before it does.
  func pass(_ message: TransportMessage) -> [TransportMessage] {
    let tap: Tap? = state.withLock { state in
      state.count += 1
      guard state.cuts.contains(state.count) else { return nil }
      state.cutCount += 1
      return state.tap
    }
    tap?.cut()
    return [message]
  }
}
