import P2PCopy
import Synchronization

/// Shows a transfer's events: a line drawn over on a terminal, plain lines elsewhere, and a summary at the end.
struct TransferView: Sendable {
  /// How many failures are named; the others are counted.
  static let maximumNamedFailures = 100
  /// How often progress is shown where lines cannot be drawn over.
  static let plainInterval = Duration.seconds(10)

  let role: PeerRole
  let quiet: Bool
  /// Whether every event is a line of JSON on standard output, besides what a person sees.
  var isJSON = false
  /// What to print, even when quiet, once the relay is reached: what the other side has to type.
  var invitation: Invitation?
  var isTerminal = Console.isTerminal
  /// Whether standard output carries data, so that the summary goes elsewhere.
  var isOutputTaken = false
  /// Called when a result could not be printed.
  var outputFailed: @Sendable (OutputFailure) -> Void = { _ in }

  /// The same view, which says when a result could not be printed.
  func tellingOutputFailures(to listener: @escaping @Sendable (OutputFailure) -> Void) -> TransferView {
    var view = self
    view.outputFailed = listener
    return view
  }

  /// Runs a transfer and shows it.
  ///
  /// - Parameter transfer: The transfer; gets the listener that shows its events.
  /// - Throws: What the transfer throws. What was said of single entries when they failed is not said again.
  func watch(
    _ transfer: (_ listener: @escaping @Sendable (TransferEvents) async -> Void) async throws -> TransferSummary
  ) async throws {
    let outcome = Mutex<TransferSummary?>(nil)
    do {
      _ = try await transfer { events in
        let summary = await show(events)
        outcome.withLock { $0 = summary }
      }
    } catch let error as P2PCopyError {
      guard let summary = outcome.withLock({ $0 }), let failures = summary.error, !summary.failures.isEmpty else {
        throw error
      }
      let total = "\(HumanReadable.count(summary.failureCount, "entry", "entries")) failed"
      // Nothing stands above in JSON.
      guard error.code == failures.code, error.message == failures.message, !isJSON else {
        if quiet { Console.error(total) }
        throw error
      }
      throw P2PCopyError(error.code, "\(total); see above", scope: .entry, cause: error.cause)
    }
  }

  /// Shows events until the transfer is over.
  ///
  /// - Returns: What it came to.
  private func show(_ events: TransferEvents) async -> TransferSummary? {
    var line = ProgressLine()
    var lines = TransferLines(role: role)
    var isDrawn = false
    var isWaiting = false
    var isPaired = false
    var isStarted = false
    var namedFailureCount = 0
    var lastPlain = ContinuousClock.now
    func clear() {
      if isDrawn { Console.clearLine() }
      isDrawn = false
    }
    func say(_ text: @autoclosure () -> String) {
      guard !quiet else { return }
      clear()
      Console.error(text())
    }
    for await event in events {
      if isJSON {
        if case .waitingForPeer = event, !isWaiting, let invitation { output(CommandLines.code(invitation).text) }
        if let line = lines.line(for: event) { output(line.text) }
      }
      switch event {
      // Each of several connections says the first two; a person wants to hear them once.
      case .waitingForPeer(let endpoint):
        guard !isWaiting else { continue }
        isWaiting = true
        for line in invitation?.lines ?? [] { if isJSON { say(line) } else { output(line) } }
        say("waiting for the \(role.other) at \(endpoint) …")
      case .paired:
        guard !isPaired else { continue }
        isPaired = true
        say("the \(role.other) is there")
      case .connectionLost(let reason, let patience):
        say("connection lost: \(reason); trying again for \(HumanReadable.timeLeft(HumanReadable.seconds(patience)))")
      case .reconnected(let duration):
        say("connected again after \(HumanReadable.timeLeft(HumanReadable.seconds(duration)))")
      case .startedAgain:
        say("the \(role.other) was started again: going on from what the receiver has")
      case .started(let progress):
        isStarted = true
        guard progress.isTotalKnown else { continue }
        say(
          "\(HumanReadable.count(progress.totalFileCount, "file")),"
            + " \(HumanReadable.size(progress.totalByteCount)) in total")
      case .checking(let path):
        guard !quiet, isTerminal else { continue }
        Console.drawLine(ProgressLine.checking(path.description, width: Console.width))
        isDrawn = true
      case .progress(let progress):
        guard !quiet else { continue }
        if isTerminal {
          Console.drawLine(line.text(progress, at: .now, width: Console.width))
          isDrawn = true
        } else if ContinuousClock.now - lastPlain >= Self.plainInterval {
          lastPlain = .now
          Console.error(line.text(progress, at: .now, width: 200))
        }
      case .fileFinished(let path, let byteCount):
        guard !isTerminal else { continue }
        say("\(role == .sender ? "sent" : "received") \(path) (\(HumanReadable.size(byteCount)))")
      case .fileSkipped(let path, let reason):
        guard !isTerminal else { continue }
        say("skipped \(path): \(reason)")
      case .renamed(let path, let newPath): say("'\(path)' exists: what came is '\(newPath)'")
      case .fileFailed(let failure):
        guard namedFailureCount < Self.maximumNamedFailures else { continue }
        namedFailureCount += 1
        clear()
        Console.error("failed: \(failure.error.commandLine)")
      case .notice(let text), .fileRepeated(_, let text): say(text)
      case .fileStarted, .negotiated: break
      case .finished(let summary):
        clear()
        // What the other side counted without a name is the error in the end when it is all there is.
        let others = summary.failureCount - namedFailureCount
        if let unnamed = summary.unnamedFailure, namedFailureCount > 0 {
          Console.error("failed: \(unnamed.commandLine)")
        } else if others > 0, namedFailureCount > 0 {
          Console.error("and \(others) more failed")
        }
        if isStarted, !quiet {
          if isOutputTaken || isJSON { Console.error(text(for: summary)) } else { outputSummary(text(for: summary)) }
        }
        return summary
      }
    }
    return nil
  }

  /// Prints what the other side needs: without it there is no transfer.
  private func output(_ text: String) {
    do throws(OutputFailure) {
      try Console.output(text)
    } catch {
      outputFailed(error)
    }
  }

  /// Prints the summary. Who started this without a standard output, or closed it, does not want it.
  private func outputSummary(_ text: String) {
    do throws(OutputFailure) {
      try Console.output(text)
    } catch {
      if !error.isNobodyThere { outputFailed(error) }
    }
  }

  /// The summary in one line.
  func text(for summary: TransferSummary) -> String {
    let moved = summary.completeFileCount - summary.unchangedFileCount
    var text =
      "\(role == .sender ? "sent" : "received") \(HumanReadable.count(moved, "file")),"
      + others(summary)
      + " \(HumanReadable.size(summary.transferredByteCount)) in \(HumanReadable.time(summary.duration))"
      + " (\(HumanReadable.rate(summary.transferredByteCount, in: summary.duration)))"
    if summary.unchangedFileCount > 0 {
      text += "; \(HumanReadable.count(summary.unchangedFileCount, "file")) already complete"
    }
    if summary.resumedByteCount > 0 {
      text += "; \(HumanReadable.size(summary.resumedByteCount)) did not have to travel"
    }
    if summary.renamedCount > 0 { text += "; \(summary.renamedCount) renamed" }
    if summary.skippedFileCount > 0 { text += "; \(summary.skippedFileCount) skipped" }
    if summary.failureCount > 0 { text += "; \(summary.failureCount) failed" }
    return text
  }

  private func others(_ summary: TransferSummary) -> String {
    var text = ""
    if summary.directoryCount > 0 {
      text += " \(HumanReadable.count(summary.directoryCount, "directory", "directories")),"
    }
    if summary.linkCount > 0 { text += " \(HumanReadable.count(summary.linkCount, "link"))," }
    return text
  }
}
