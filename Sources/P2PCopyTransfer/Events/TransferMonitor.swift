package import Logging
package import P2PCopyCore
package import P2PCopyFiles
import Synchronization

/// Counts what all sessions of one transfer do and tells the listener about it.
package final class TransferMonitor: Sendable {
  /// No more often than this is progress reported.
  static let reportInterval = Duration.milliseconds(100)

  private struct State {
    /// Bytes of content in everything that was announced.
    var total = SaturatingCount<Int64>()
    /// Bytes of content that were there before.
    var present = SaturatingCount<Int64>()
    /// Bytes of content that travelled and that the receiver has, as far as this side can know.
    var moved = SaturatingCount<Int64>()
    /// Bytes of content that were handed over and that a receiver has yet to acknowledge, with those that it has.
    var sent = SaturatingCount<Int64>()
    var isTotalKnown = false
    var hasStream = false
    var fileCount = 0
    var totalFileCount = 0
    var currentPath: RelativePath?
    /// Sessions that are not over, well or not.
    var openSessionCount = 0
    var summary = TransferSummary()
    var metadataRefusals = MetadataRefusals()
    /// Events that the listener was too slow for.
    var lostEventCount = SaturatingCount<Int64>()
    var lastReport = ContinuousClock.now
    var startTime: ContinuousClock.Instant?

    /// What there is to report.
    var progress: TransferProgress {
      var progress = TransferProgress()
      progress.totalByteCount = total.value
      progress.byteCount = (present + moved).value
      // The last byte is done when its file is in place, and on the disk, and the other side knows: not before the end.
      if isTotalKnown, openSessionCount > 0 { progress.byteCount = min(progress.byteCount, max(0, total.value - 1)) }
      progress.transferredByteCount = moved.value
      progress.isTotalKnown = isTotalKnown
      progress.fileCount = fileCount
      progress.totalFileCount = totalFileCount
      progress.currentPath = currentPath.map(EntryPath.init)
      return progress
    }

    /// The progress, if enough time has passed since it was last reported.
    mutating func dueProgress() -> TransferProgress? {
      let now = ContinuousClock.now
      guard now - lastReport >= TransferMonitor.reportInterval else { return nil }
      lastReport = now
      return progress
    }
  }

  /// What the listener iterates over.
  package let events: TransferEvents

  private let continuation: AsyncStream<TransferEvent>.Continuation
  private let state = Mutex(State())

  /// For what is not an event.
  package let logger: Logger

  private let reportsEachFile: Bool

  package init(reportsEachFile: Bool = true, logger: Logger = .none) {
    self.reportsEachFile = reportsEachFile
    self.logger = logger
    let (stream, continuation) = AsyncStream.makeStream(
      of: TransferEvent.self, bufferingPolicy: .bufferingNewest(TransferEvents.maximumPendingCount))
    events = TransferEvents(stream: stream)
    self.continuation = continuation
  }

  /// Passes an event on, and logs it.
  package func emit(_ event: TransferEvent) {
    logger.log(event)
    if case .dropped = continuation.yield(event) { state.withLock { $0.lostEventCount += 1 } }
  }

  /// A connection is about to be made, which is no event.
  package func willConnect(to relay: Endpoint, by transport: any Transport) {
    let isEncrypted = transport.properties(forScheme: relay.scheme).isEncrypted
    logger.debug(
      "connecting",
      metadata: ["relay": "\(relay)", "transport": "\(transport.name)", "encrypted-transport": "\(isEncrypted)"])
  }

  // MARK: What there is to do

  /// So many sessions are about to begin.
  package func open(sessionCount: Int) {
    state.withLock { $0.openSessionCount = sessionCount }
  }

  /// A session begins anew with a peer that was started again: it counts everything once more, what is in place as that.
  package func beginAgain() {
    state.withLock { state in
      var fresh = State()
      fresh.openSessionCount = state.openSessionCount
      fresh.startTime = state.startTime
      fresh.lostEventCount = state.lostEventCount
      fresh.summary.notices = state.summary.notices
      state = fresh
    }
    emit(.startedAgain)
  }

  /// A session has ended well: what it was to bring is in place.
  func closeSession() {
    state.withLock { $0.openSessionCount -= 1 }
  }

  /// The sizes of one session are known.
  package func start(fileCount: Int, byteCount: Int64) {
    let progress = state.withLock { state in
      if state.startTime == nil { state.startTime = .now }
      state.isTotalKnown = true
      state.totalFileCount += fileCount
      state.total += byteCount
      return state.progress
    }
    emit(.started(progress))
  }

  /// More of the transfer is known: protocol 2 finds out what there is to send while it sends.
  ///
  /// - Parameter fileByteCounts: The sizes of the files that were announced; `nil` for a stream, whose size nobody knows.
  package func announce(_ fileByteCounts: [Int64?]) {
    state.withLock { state in
      if state.startTime == nil { state.startTime = .now }
      state.isTotalKnown = false
      state.totalFileCount += fileByteCounts.count
      for case let byteCount? in fileByteCounts { state.total += byteCount }
      if fileByteCounts.contains(nil) { state.hasStream = true }
    }
  }

  /// All of the transfer is known now.
  package func announcementsEnded() {
    let progress = state.withLock { state in
      if state.startTime == nil { state.startTime = .now }
      state.isTotalKnown = !state.hasStream
      return state.progress
    }
    emit(.started(progress))
  }

  // MARK: What is done

  /// A directory or a symbolic link is in place.
  package func finishOther(_ kind: DeliveredEntry.Kind) {
    state.withLock { state in
      if kind == .directory { state.summary.directoryCount += 1 } else { state.summary.linkCount += 1 }
    }
  }

  /// A file begins; `resumedByteCount` bytes of it are there already.
  ///
  /// - Parameters:
  ///   - path: Its path.
  ///   - byteCount: How long it is; `nil` where nobody knows that.
  ///   - resumedByteCount: How much of it is there.
  package func beginFile(_ path: RelativePath, byteCount: Int64?, resumedByteCount: Int64 = 0) {
    state.withLock { state in
      state.currentPath = path
      state.present += resumedByteCount
    }
    if reportsEachFile { emit(.fileStarted(path: EntryPath(path), byteCount: byteCount)) }
  }

  /// Some bytes of the current file are done: written, or sent to a receiver that acknowledges nothing.
  package func advance(by byteCount: Int) {
    report { $0.moved += byteCount }
  }

  /// Some bytes of the current file were handed over to a receiver that is going to acknowledge them.
  package func send(byteCount: some BinaryInteger) {
    report { $0.sent += byteCount }
  }

  /// What was done of a file is void, and it comes once more: there is as much more to do.
  ///
  /// - Parameters:
  ///   - path: Its path.
  ///   - byteCount: How much of it was done, with what was there before.
  ///   - reason: Why, in a sentence that names it.
  package func repeatFile(_ path: EntryPath, byteCount: Int64, because reason: String) {
    state.withLock { state in
      state.total += byteCount
      state.summary.keep(notice: reason)
    }
    emit(.fileRepeated(path: path, reason: reason))
  }

  /// Bytes of the current file that were there already are other ones than the sender's, and come.
  package func missPresent(byteCount: Int64) {
    state.withLock { $0.present += -byteCount }
  }

  /// How many bytes of content were handed over so far.
  package var sentByteCount: Int64 { state.withLock { $0.sent.value } }

  /// The receiver had so many of the directories before.
  package func discountPresentDirectories(_ count: UInt64) {
    state.withLock { state in
      state.summary.directoryCount -= min(Int(clamping: count), state.summary.directoryCount)
    }
  }

  /// The receiver has stored so many of the bytes that it was sent; never believed beyond that.
  package func acknowledge(byteCount: some BinaryInteger) {
    report { state in
      let stored = min(Int64(clamping: byteCount), state.sent.value)
      state.moved = max(state.moved, SaturatingCount(stored))
    }
  }

  private func report(after change: (inout State) -> Void) {
    let due = state.withLock { state in
      change(&state)
      return state.dueProgress()
    }
    if let due { emit(.progress(due)) }
  }

  /// A file is complete.
  package func finishFile(_ path: RelativePath, byteCount: Int64) {
    state.withLock { state in
      state.currentPath = path
      state.fileCount += 1
      state.summary.completeFileCount += 1
    }
    if reportsEachFile { emit(.fileFinished(path: EntryPath(path), byteCount: byteCount)) }
  }

  /// A file was complete before.
  package func skipUnchanged(_ path: RelativePath, byteCount: Int64) {
    state.withLock { state in
      state.fileCount += 1
      state.present += byteCount
      state.summary.completeFileCount += 1
      state.summary.unchangedFileCount += 1
    }
    if reportsEachFile { emit(.fileSkipped(path: EntryPath(path), reason: "already complete")) }
  }

  /// A file was left alone because of the conflict policy.
  package func skipExisting(_ path: RelativePath) {
    state.withLock { state in
      state.fileCount += 1
      state.summary.skippedFileCount += 1
    }
    if reportsEachFile { emit(.fileSkipped(path: EntryPath(path), reason: "something of that name exists")) }
  }

  /// Something gets another name than in the transfer, since its own is taken.
  package func rename(_ path: RelativePath, to newPath: RelativePath) {
    state.withLock { $0.summary.renamedCount += 1 }
    emit(.renamed(path: EntryPath(path), newPath: EntryPath(newPath)))
  }

  /// Something failed that has no name here: the other side knows it. Called by ``EntryFailures`` alone.
  ///
  /// - Parameters:
  ///   - count: How many entries are concerned.
  ///   - error: The error that stands for them.
  func failUnnamed(count: UInt64, _ error: P2PCopyError) {
    state.withLock { state in
      var sum = SaturatingCount(state.summary.failureCount)
      sum += count
      state.summary.failureCount = sum.value
      state.summary.unnamedFailure = error
    }
  }

  /// An entry failed. Called by ``EntryFailures`` alone.
  func fail(_ failure: EntryFailure) {
    state.withLock { state in
      state.fileCount += 1
      var count = SaturatingCount(state.summary.failureCount)
      count += 1
      state.summary.failureCount = count.value
      if state.summary.failures.count < TransferSummary.maximumFailureCount {
        state.summary.failures.append(failure)
      } else if failure.error.code != state.summary.failures[0].error.code {
        state.summary.hasOtherFailureCodes = true
      }
    }
    emit(.fileFailed(failure))
  }

  /// Something worth knowing.
  package func notice(_ text: String) {
    state.withLock { $0.summary.keep(notice: text) }
    emit(.notice(text))
  }

  /// An entry is in place; takes down what of its metadata was refused, if anything.
  package func take(_ refusal: MetadataRefusal, of kind: DeliveredEntry.Kind, _ shown: String) {
    guard !refusal.isEmpty else { return }
    state.withLock { state in
      state.metadataRefusals.add(refusal, of: kind, shown)
      state.summary.metadataRefusalCount = state.metadataRefusals.entryCount
    }
  }

  /// The receiver could not set modes or times of so many entries.
  package func metadataRefusedAtReceiver(entryCount: UInt64) {
    state.withLock { $0.summary.metadataRefusalCount = Int(clamping: entryCount) }
  }

  /// Of how many entries mode or time was refused so far.
  package var metadataRefusalCount: Int { state.withLock { $0.metadataRefusals.entryCount } }

  /// Ends the events with the summary.
  package func finish() -> TransferSummary {
    let refusals = state.withLock { $0.metadataRefusals }
    for line in refusals.lines { notice(line) }
    let (progress, summary) = state.withLock { state in
      state.summary.transferredByteCount = state.moved.value
      state.summary.resumedByteCount = state.present.value
      state.summary.lostEventCount = Int(clamping: state.lostEventCount.value)
      // What never began has no progress to show.
      guard let startTime = state.startTime else { return (nil as TransferProgress?, state.summary) }
      state.summary.duration = ContinuousClock.now - startTime
      return (state.progress, state.summary)
    }
    if let progress { emit(.progress(progress)) }
    emit(.finished(summary))
    continuation.finish()
    return summary
  }
}
