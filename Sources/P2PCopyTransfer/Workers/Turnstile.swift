import Synchronization

/// Lets tasks pass one at a time, by number: what they do there is done in order, although they run side by side.
///
/// Whoever passed must call ``advance()``, also after a failure, or nobody else ever passes.
package final class Turnstile: Sendable {
  private struct State {
    var turn = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  /// Waits for a turn. Each number passes once.
  package func pass(_ number: Int) async {
    await withCheckedContinuation { continuation in
      let mustWait = state.withLock { state in
        guard state.turn != number else { return false }
        state.waiting[number] = continuation
        return true
      }
      if !mustWait { continuation.resume() }
    }
  }

  /// Lets the next one pass.
  package func advance() {
    let next = state.withLock { state in
      state.turn += 1
      return state.waiting.removeValue(forKey: state.turn)
    }
    next?.resume()
  }
}
