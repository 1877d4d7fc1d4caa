import P2PCopyCore
import Synchronization

/// Finds out which of several failures of one session says what happened: when a connection ends, the other side's last
/// word may still be on its way to the task that reads.
final class FirstFailure: Sendable {
  private static let patience = Duration.seconds(1)

  private struct State {
    var error: (any Error)?
    var isReaderDone = false
  }

  private let state = Mutex(State())

  /// Takes note of a failure; what was cancelled is only a consequence.
  func record(_ error: any Error) {
    state.withLock { state in
      guard !(error is CancellationError) else { return }
      let isVague = (state.error as? P2PCopyError)?.code == .peerLeft && (error as? P2PCopyError)?.code != .peerLeft
      if state.error == nil || isVague { state.error = error }
    }
  }

  /// Nothing more will be read.
  func readerIsDone() {
    state.withLock { $0.isReaderDone = true }
  }

  /// What to throw for an error that ended the session: what the other side said, if it did.
  func explanation(for error: any Error) async -> any Error {
    guard !Task.isCancelled else { return CancellationError() }
    let code = (error as? P2PCopyError)?.code
    guard code == .peerLeft || code == .peerFailed || error is CancellationError else { return error }
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end, !state.withLock({ $0.isReaderDone }) {
      guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { break }
    }
    let recorded = state.withLock { $0.error }
    return (recorded as? P2PCopyError) ?? error
  }
}
