import NIOCore
import Synchronization

/// A lock that may be held across an `await`. Those who wait get it in the order in which they came.
package final class AsyncLock: Sendable {
  private struct State {
    var isHeld = false
    var waiting = CircularBuffer<CheckedContinuation<Void, Never>>()
  }

  private let state = Mutex(State())

  package init() {}

  /// Waits until nobody holds the lock, and takes it.
  package func acquire() async {
    if tryAcquire() { return }
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.isHeld {
          state.waiting.append(continuation)
          return false
        }
        state.isHeld = true
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  /// Takes the lock if nobody holds it.
  package func tryAcquire() -> Bool {
    state.withLock { state in
      if state.isHeld { return false }
      state.isHeld = true
      return true
    }
  }

  /// Gives the lock back.
  package func release() {
    let next = state.withLock { state in
      guard let next = state.waiting.popFirst() else {
        state.isHeld = false
        return nil as CheckedContinuation<Void, Never>?
      }
      return next
    }
    next?.resume()
  }
}
