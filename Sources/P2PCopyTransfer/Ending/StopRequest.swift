package import P2PCopyCore
import Synchronization

/// Ends transfers in order before their end, to be gone on with when the same are run again: at a deadline, or when a batch
/// system wants its machine back.
///
/// A request is made first, and then the task that transfers is cancelled: the request says what that means.
package final class StopRequest: Sendable {
  /// That of the transfers of this task; `nil` where a cancellation is somebody's wish to be rid of them.
  @TaskLocal package static var current: StopRequest?

  private let reason = Mutex<String?>(nil)

  package init() {}

  /// Makes the request.
  ///
  /// - Parameter reason: What stopped the transfer, such as `SIGTERM`.
  package func make(because reason: String) {
    self.reason.withLock { $0 = $0 ?? reason }
  }

  /// The error that a transfer ends with; `nil` while nothing was requested.
  package var error: P2PCopyError? {
    reason.withLock { $0 }.map { P2PCopyError(.stopped, "stopped by \($0) before the end", remedy: .resume) }
  }

  /// What ends a transfer of this task: an interruption is a stop where one was requested.
  package static func explain(_ error: any Error) -> any Error {
    guard let stopped = current?.error else { return error }
    switch error {
    case is CancellationError: return stopped
    // One that has another remedy says more: the same must not simply be run again.
    case let error as P2PCopyError where error.code == .cancelled && (error.remedy == nil || error.remedy == .resume):
      return stopped
    default: return error
    }
  }
}
