import P2PCopyCore
import Synchronization

/// Counts what all sessions of one transfer do and tells the listener about it.
final class TransferMonitor: Sendable {
  /// No more often than this is progress reported.
  static let reportInterval = Duration.milliseconds(100)

  private struct State {
    var progress = TransferProgress()
    var summary = TransferSummary()
    var metadataRefusals = MetadataRefusals()
    var lastReport = ContinuousClock.now
    var startTime: ContinuousClock.Instant?
  }

  /// What the listener iterates over.
  let events: TransferEvents

  private let continuation: AsyncStream<TransferEvent>.Continuation
  private let state = Mutex(State())

  private let reportsEachFile: Bool

  init(reportsEachFile: Bool = true) {
    self.reportsEachFile = reportsEachFile
    let (stream, continuation) = AsyncStream.makeStream(
      of: TransferEvent.self, bufferingPolicy: .bufferingNewest(TransferEvents.maximumPendingCount))
    events = TransferEvents(stream: stream)
    self.continuation = continuation
  }

  /// Passes an event on.
  func emit(_ event: TransferEvent) {
    continuation.yield(event)
  }

  /// The sizes of one session are known.
  func start(fileCount: Int, byteCount: Int64) {
    let progress = state.withLock { state in
      if state.startTime == nil { state.startTime = .now }
      state.progress.totalFileCount += fileCount
      state.progress.totalByteCount = state.progress.totalByteCount.addingReportingOverflow(byteCount).partialValue
      return state.progress
    }
    emit(.started(progress))
  }

  /// More of the transfer is known: protocol 2 finds out what there is to send while it sends.
  func announce(fileCount: Int, byteCount: Int64) {
    state.withLock { state in
      if state.startTime == nil { state.startTime = .now }
      state.progress.isTotalKnown = false
      state.progress.totalFileCount += fileCount
      state.progress.totalByteCount = state.progress.totalByteCount.addingReportingOverflow(byteCount).partialValue
    }
  }

  /// All of the transfer is known now.
  func announcementsEnded() {
    let progress = state.withLock { state in
      if state.startTime == nil { state.startTime = .now }
      state.progress.isTotalKnown = true
      return state.progress
    }
    emit(.started(progress))
  }

  /// A directory or a symbolic link is in place.
  func finishOther(_ kind: DeliveredEntry.Kind) {
    state.withLock { state in
      if kind == .directory { state.summary.directoryCount += 1 } else { state.summary.linkCount += 1 }
    }
  }

  /// A file begins; `resumedByteCount` bytes of it are there already.
  func beginFile(_ path: RelativePath, resumedByteCount: Int64 = 0) {
    let shown = path.description
    state.withLock { state in
      state.progress.currentPath = shown
      state.progress.byteCount += resumedByteCount
      state.summary.resumedByteCount += resumedByteCount
    }
  }

  /// Some bytes of the current file are done.
  func advance(by byteCount: Int) {
    let now = ContinuousClock.now
    let due: TransferProgress? = state.withLock { state in
      state.progress.byteCount += Int64(byteCount)
      state.progress.transferredByteCount += Int64(byteCount)
      state.summary.transferredByteCount += Int64(byteCount)
      guard now - state.lastReport >= Self.reportInterval else { return nil }
      state.lastReport = now
      return state.progress
    }
    if let due { emit(.progress(due)) }
  }

  /// A file is complete.
  func finishFile(_ path: RelativePath, byteCount: Int64) {
    state.withLock { state in
      state.progress.fileCount += 1
      state.summary.completeFileCount += 1
    }
    if reportsEachFile { emit(.fileFinished(path: path.description, byteCount: byteCount)) }
  }

  /// A file was complete before.
  func skipUnchanged(_ path: RelativePath, byteCount: Int64) {
    state.withLock { state in
      state.progress.fileCount += 1
      state.progress.byteCount += byteCount
      state.summary.completeFileCount += 1
      state.summary.unchangedFileCount += 1
      state.summary.resumedByteCount += byteCount
    }
    if reportsEachFile { emit(.fileSkipped(path: path.description, reason: "already complete")) }
  }

  /// A file was left alone because of the conflict policy.
  func skipExisting(_ path: RelativePath) {
    state.withLock { state in
      state.progress.fileCount += 1
      state.summary.skippedFileCount += 1
    }
    if reportsEachFile { emit(.fileSkipped(path: path.description, reason: "something of that name exists")) }
  }

  /// Something gets another name than in the transfer, since its own is taken.
  func rename(_ path: RelativePath, to newPath: RelativePath) {
    state.withLock { $0.summary.renamedCount += 1 }
    emit(.renamed(path: path.description, newPath: newPath.description))
  }

  /// Something failed that has no name here: the other side knows it.
  ///
  /// - Parameters:
  ///   - count: How many entries are concerned.
  ///   - error: The error that stands for them.
  func failUnnamed(count: UInt64, _ error: P2PCopyError) {
    state.withLock { state in
      let (sum, overflow) = state.summary.failureCount.addingReportingOverflow(Int(clamping: count))
      state.summary.failureCount = overflow ? .max : sum
      state.summary.unnamedFailure = error
    }
  }

  /// A file failed.
  func fail(_ failure: EntryFailure) {
    state.withLock { state in
      state.progress.fileCount += 1
      state.summary.failureCount += 1
      if state.summary.failures.count < TransferSummary.maximumFailureCount {
        state.summary.failures.append(failure)
      } else if failure.error.code != state.summary.failures[0].error.code {
        state.summary.hasOtherFailureCodes = true
      }
    }
    emit(.fileFailed(failure))
  }

  /// Something worth knowing.
  func notice(_ text: String) {
    state.withLock { state in
      if state.summary.notices.count < TransferSummary.maximumNoticeCount { state.summary.notices.append(text) }
    }
    emit(.notice(text))
  }

  /// An entry is in place; takes down what of its metadata was refused, if anything.
  func take(_ refusal: MetadataRefusal, of kind: DeliveredEntry.Kind, _ shown: String) {
    guard !refusal.isEmpty else { return }
    state.withLock { state in
      state.metadataRefusals.add(refusal, of: kind, shown)
      state.summary.metadataRefusalCount = state.metadataRefusals.entryCount
    }
  }

  /// The receiver could not set modes or times of so many entries.
  func metadataRefusedAtReceiver(entryCount: UInt64) {
    state.withLock { $0.summary.metadataRefusalCount = Int(clamping: entryCount) }
  }

  /// Of how many entries mode or time was refused so far.
  var metadataRefusalCount: Int { state.withLock { $0.metadataRefusals.entryCount } }

  /// Ends the events with the summary.
  func finish() -> TransferSummary {
    let refusals = state.withLock { $0.metadataRefusals }
    for line in refusals.lines { notice(line) }
    let (progress, summary) = state.withLock { state in
      if let startTime = state.startTime { state.summary.duration = ContinuousClock.now - startTime }
      return (state.progress, state.summary)
    }
    emit(.progress(progress))
    emit(.finished(summary))
    continuation.finish()
    return summary
  }
}
