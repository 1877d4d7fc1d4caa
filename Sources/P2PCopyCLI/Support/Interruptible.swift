import P2PCopyCore
import P2PCopyPlatform
import Synchronization
import UnixSignals

/// Runs something that Ctrl-C, SIGTERM and SIGHUP end in good order.
enum Interruptible {
  /// Why somebody inside stopped the work, the first reason only.
  private final class StopReason: Sendable {
    private let reason = Mutex<OutputFailure?>(nil)

    var value: OutputFailure? { reason.withLock { $0 } }

    func set(_ failure: OutputFailure) { reason.withLock { $0 = $0 ?? failure } }
  }

  /// Runs `body` and cancels it on the first signal. A second one ends the process at once.
  ///
  /// - Parameter body: The work. It gets a function that cancels it because something could not be printed.
  /// - Throws: What `body` throws, unless it was stopped for its output: then the ``OutputFailure``, also when it had
  ///   come to its end all the same.
  static func run<Result: Sendable>(
    _ body: @escaping @Sendable (_ stop: @escaping @Sendable (OutputFailure) -> Void) async throws -> Result
  ) async throws {
    // Under nohup a hangup is ignored, and it must stay so.
    let trapped: [UnixSignal] = isIgnored(SIGHUP) ? [.sigint, .sigterm] : [.sigint, .sigterm, .sighup]
    let signals = await UnixSignalsSequence(trapping: trapped)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let reason = StopReason()
      let (stops, stop) = AsyncStream<Void>.makeStream()
      let work = Task {
        try await body { failure in
          reason.set(failure)
          stop.yield()
        }
      }
      group.addTask {
        do {
          _ = try await work.value
        } catch let error as P2PCopyError where error.code == .cancelled {
          throw reason.value ?? error
        }
        if let failure = reason.value { throw failure }
      }
      group.addTask {
        var count = 0
        for await _ in signals {
          count += 1
          if count > 1 { ProcessEnd.interrupted() }
          work.cancel()
        }
      }
      let stopping = Task { for await _ in stops { work.cancel() } }
      defer {
        stopping.cancel()
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
