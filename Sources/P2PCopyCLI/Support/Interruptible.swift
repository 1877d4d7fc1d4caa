import Glibc
import P2PCopyCore
import UnixSignals

/// Runs something that Ctrl-C, SIGTERM and SIGHUP end in good order.
enum Interruptible {
  /// Runs `body` and cancels it on the first signal. A second one ends the process at once.
  static func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws {
    // Under nohup a hangup is ignored, and it must stay so.
    let trapped: [UnixSignal] = isIgnored(SIGHUP) ? [.sigint, .sigterm] : [.sigint, .sigterm, .sighup]
    let signals = await UnixSignalsSequence(trapping: trapped)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let work = Task { try await body() }
      group.addTask { _ = try await work.value }
      group.addTask {
        var count = 0
        for await _ in signals {
          count += 1
          if count > 1 { ProcessEnd.interrupted() }
          work.cancel()
        }
      }
      defer { group.cancelAll() }
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
