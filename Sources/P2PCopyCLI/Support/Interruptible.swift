import P2PCopy
import P2PCopyCore
import P2PCopyPlatform
import Synchronization
import UnixSignals

/// Runs something that Ctrl-C, SIGTERM, SIGHUP and a deadline end in good order.
enum Interruptible {
  /// Why somebody inside stopped the work, the first reason only.
  private final class StopReason: Sendable {
    private let reason = Mutex<OutputFailure?>(nil)

    var value: OutputFailure? { reason.withLock { $0 } }

    func set(_ failure: OutputFailure) { reason.withLock { $0 = $0 ?? failure } }
  }

  /// Runs `body` and cancels it on the first signal. A second one ends the process at once.
  ///
  /// SIGTERM and the deadline stop it, to be gone on with later: then the process has ended within two seconds.
  ///
  /// - Parameters:
  ///   - deadline: When to stop it; `nil` for never.
  ///   - body: The work. It gets a function that cancels it because something could not be printed.
  /// - Throws: What `body` throws, unless it was stopped for its output: then the ``OutputFailure``, also when it had
  ///   come to its end all the same.
  static func run<Result: Sendable>(
    until deadline: ContinuousClock.Instant? = nil,
    _ body: @escaping @Sendable (_ stop: @escaping @Sendable (OutputFailure) -> Void) async throws -> Result
  ) async throws {
    // Under nohup a hangup is ignored, and it must stay so.
    let trapped: [UnixSignal] = isIgnored(SIGHUP) ? [.sigint, .sigterm] : [.sigint, .sigterm, .sighup]
    let signals = await UnixSignalsSequence(trapping: trapped)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let reason = StopReason()
      let ending = Ending()
      let (stops, stop) = AsyncStream<Void>.makeStream()
      let work = StopRequest.$current.withValue(ending.stopRequest) {
        Task {
          try await body { failure in
            reason.set(failure)
            stop.yield()
          }
        }
      }
      group.addTask {
        do {
          _ = try await work.value
        } catch let error as P2PCopyError where error.code == .cancelled || error.code == .stopped {
          throw reason.value ?? error
        }
        if let failure = reason.value { throw failure }
      }
      group.addTask {
        for await signal in signals {
          guard ending.begin(stoppedBy: signal == .sigterm ? "SIGTERM" : nil) else { ending.endNow() }
          work.cancel()
        }
      }
      let stopping = Task { for await _ in stops { work.cancel() } }
      let expiring = Task {
        guard let deadline else { return }
        try await Task.sleep(until: deadline)
        if ending.begin(stoppedBy: "its deadline") { work.cancel() }
      }
      defer {
        stopping.cancel()
        expiring.cancel()
        group.cancelAll()
      }
      try await group.next()
    }
  }

  /// Whether the process was started with a signal ignored.
  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    // SIG_IGN is the address 1; Swift cannot compare C function pointers otherwise.
    return handler == 1
  }
}

/// The end of the work before it is done: what comes first decides what it is called.
private final class Ending: Sendable {
  let stopRequest = StopRequest()
  private let hasBegun = Mutex(false)

  /// Begins the end.
  ///
  /// - Parameter reason: What stops the work, to be gone on with later; `nil` when somebody wants to be rid of it.
  /// - Returns: Whether this is the first.
  func begin(stoppedBy reason: String?) -> Bool {
    let isFirst = hasBegun.withLock { hasBegun in
      defer { hasBegun = true }
      return !hasBegun
    }
    guard isFirst, let reason else { return isFirst }
    stopRequest.make(because: reason)
    if let error = stopRequest.error { ProcessEnd.afterGrace(error) }
    return true
  }

  /// Ends the process for somebody who does not wait.
  func endNow() -> Never {
    ProcessEnd.now((stopRequest.error?.code ?? .cancelled).exitStatus)
  }
}
