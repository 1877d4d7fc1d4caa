import P2PCopyCore
import UnixSignals

/// Runs something that Ctrl-C, SIGTERM and SIGHUP end in good order.
enum Interruptible {
  /// Runs `body` and cancels it on the first signal. A second one ends the process at once.
  static func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let work = Task { try await body() }
      group.addTask { _ = try await work.value }
      group.addTask {
        var count = 0
        for await _ in signals {
          count += 1
          if count > 1 { ImmediateExit.interrupted() }
          work.cancel()
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
