import P2PCopy
import Synchronization

/// Keeps the events of a transfer.
final class EventRecorder: Sendable {
  private let recorded = Mutex<[TransferEvent]>([])

  /// The listener to give to a transfer.
  var listener: @Sendable (TransferEvents) async -> Void {
    { events in for await event in events { self.recorded.withLock { $0.append(event) } } }
  }

  /// What has come so far.
  var events: [TransferEvent] { recorded.withLock { $0 } }

  /// The progress that was reported, in order.
  var progress: [TransferProgress] {
    events.compactMap { event in
      switch event {
      case .started(let progress), .progress(let progress): progress
      default: nil
      }
    }
  }

  /// The files that were reported as done, in order.
  var finishedPaths: [String] {
    events.compactMap { if case .fileFinished(let path, _) = $0 { path.description } else { nil } }
  }

  /// The summary, once it is there.
  var summary: TransferSummary? {
    events.lazy.compactMap { if case .finished(let summary) = $0 { summary } else { nil } }.first
  }

  /// Waits until something is so of what has come.
  func wait(until condition: (EventRecorder) -> Bool) async throws {
    while !condition(self) { try await Task.sleep(for: .milliseconds(2)) }
  }
}
