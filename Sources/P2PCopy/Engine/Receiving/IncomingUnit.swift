import NIOCore
import P2PCopyCore
import Synchronization

/// Content on its way from the task that reads to the task that stores. A worker makes it ready meanwhile: units are
/// worked on side by side, and stored in the order in which they came.
final class IncomingUnit<Content: Sendable>: Sendable {
  private struct State {
    var body: ByteBuffer?
    var result: Result<Content, P2PCopyError>?
    var storer: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  /// A unit whose content is what a record has behind its header.
  init(_ body: consuming ByteBuffer) {
    state = Mutex(State(body: body))
  }

  /// Takes the record's content out, for the worker; a second time there is none.
  ///
  /// A reference that stayed here would keep the buffer from being used again.
  func takeBody() -> ByteBuffer {
    state.withLock { $0.body.take() } ?? ByteBuffer()
  }

  /// The worker is done. Called once.
  func finish(_ result: Result<Content, P2PCopyError>) {
    let storer = state.withLock { state in
      state.result = result
      return state.storer.take()
    }
    storer?.resume()
  }

  /// Waits for the worker and takes what it made. Called once: a worker that was started finishes, whatever happens.
  ///
  /// - Throws: ``P2PCopyError``: why there is no content.
  func content() async throws(P2PCopyError) -> Content {
    await withCheckedContinuation { continuation in
      let mustWait = state.withLock { state in
        guard state.result == nil else { return false }
        state.storer = continuation
        return true
      }
      if !mustWait { continuation.resume() }
    }
    guard let result = state.withLock({ $0.result.take() }) else {
      throw P2PCopyError(.internalError, "content was taken twice; please report it")
    }
    return try result.get()
  }
}
