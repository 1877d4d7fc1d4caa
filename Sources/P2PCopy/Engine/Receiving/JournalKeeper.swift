import Logging
import P2PCopyCore
import P2PCopyFiles
import Synchronization

/// The journal of a transfer into a directory: opened once however many sessions the transfer takes, begun when there is
/// something to take down, and left alone where it cannot be used, which is no reason for a transfer to fail.
final class JournalKeeper: Sendable {
  private enum State {
    case untouched
    case open(PlacementJournal)
    case unusable
  }

  private let state = Mutex(State.untouched)

  /// The journal for asking.
  ///
  /// - Parameters:
  ///   - output: The directory.
  ///   - logger: Is told why there is none.
  /// - Returns: The journal; `nil` when there is none, yet or at all.
  func existing(in output: OutputDirectory, _ logger: Logger) -> PlacementJournal? {
    journal(in: output, logger) { output.hasJournal }
  }

  /// The journal for recording, begun where there is none.
  ///
  /// - Parameters:
  ///   - output: The directory.
  ///   - logger: Is told why there is none.
  /// - Returns: The journal; `nil` when none can be kept.
  func made(in output: OutputDirectory, _ logger: Logger) -> PlacementJournal? {
    journal(in: output, logger) { true }
  }

  private var current: PlacementJournal? {
    state.withLock { if case .open(let journal) = $0 { journal } else { nil } }
  }

  /// Has the system write to the disk what lies in the directory, and says in the journal, if one is open, what was placed by
  /// then.
  ///
  /// - Parameters:
  ///   - output: The directory.
  ///   - isNewsOnly: Whether nothing is to be done unless something was recorded since the last time.
  /// - Throws: ``P2PCopyError``: what was placed may not last.
  func synchronize(_ output: OutputDirectory, ifRecorded isNewsOnly: Bool = false) throws(P2PCopyError) {
    let journal = current
    let checkpoint = journal?.beginCheckpoint()
    guard checkpoint != nil || !isNewsOnly else { return }
    try output.synchronize()
    if let checkpoint { journal?.markDurable(checkpoint) }
  }

  private func journal(
    in output: OutputDirectory, _ logger: Logger, if isWanted: () -> Bool
  ) -> PlacementJournal? {
    state.withLock { state in
      switch state {
      case .open(let journal): return journal
      case .unusable: return nil
      case .untouched: break
      }
      guard isWanted() else { return nil }
      switch output.openJournal() {
      case .open(let journal):
        state = .open(journal)
        return journal
      case .missing: return nil
      case .inUse:
        logger.info("another receiver keeps the journal of the output directory; this one goes on without")
      case .unusable(let reason):
        logger.warning(
          "the journal of the output directory is not used: what is there is compared",
          metadata: ["reason": "\(reason)"])
      }
      state = .unusable
      return nil
    }
  }
}

/// Brings a journal up to date with what outlasts the machine, beside everything else.
///
/// Safe to pass to a task although what it has is not: it is used by one task.
package final class JournalCheckpoints: @unchecked Sendable {
  /// The system gets so many times as long to itself as it took to write everything to the disk.
  private static let pauseFactor = 10

  private let keeper: JournalKeeper
  private let output: OutputDirectory

  init(_ keeper: JournalKeeper, output: OutputDirectory) {
    self.keeper = keeper
    self.output = output
  }

  /// Makes checkpoints until the task is cancelled.
  ///
  /// - Parameters:
  ///   - interval: How long to wait between them, at least.
  ///   - logger: Is told what went wrong, which ends this and nothing else.
  /// - Throws: `CancellationError`.
  func run(every interval: Duration, _ logger: Logger) async throws {
    var pause = interval
    while true {
      try await Task.sleep(for: pause)
      let start = ContinuousClock.now
      do throws(P2PCopyError) {
        try keeper.synchronize(output, ifRecorded: true)
      } catch {
        logger.warning("the journal is not kept any more", metadata: ["error": "\(error)"])
        return
      }
      pause = max(interval, (.now - start) * Self.pauseFactor)
    }
  }
}
