package import P2PCopyCore

/// Runs `body` and gives up on it, by cancelling it, after a time.
///
/// - Throws: What `body` throws, or `timeoutError` when the time is over first.
package func withDeadline<Result: Sendable>(
  _ duration: Duration, orThrow timeoutError: P2PCopyError, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: duration)
      return nil
    }
    defer { group.cancelAll() }
    guard let first = try await group.next(), let result = first else { throw timeoutError }
    return result
  }
}
