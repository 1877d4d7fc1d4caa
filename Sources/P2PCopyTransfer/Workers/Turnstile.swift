import Synchronization

/// Lets tasks pass one at a time, by number: what they do there is done in order, although they run side by side.
///
/// Whoever passed must call ``advance()``, also after a failure, or nobody else ever passes.
package final class Turnstile: Sendable {
  private struct State {
    var turn = 0
    var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  /// Waits for a turn.
  ///
  /// - Parameter number: The number, of which there is one of each at a time.
  /// - Returns: Whether it is that number's turn now; not if it was before.
  package func pass(_ number: Int) async -> Bool {
    await withCheckedContinuation { continuation in
      let passes: Bool? = state.withLock { state in
        if state.turn >= number { return state.turn == number }
        state.waiting[number] = continuation
        return nil
      }
      if let passes { continuation.resume(returning: passes) }
    }
  }

  /// Lets the next one pass.
  package func advance() {
    let next = state.withLock { state in
      state.turn += 1
      return state.waiting.removeValue(forKey: state.turn)
    }
    next?.resume(returning: true)
  }
}
