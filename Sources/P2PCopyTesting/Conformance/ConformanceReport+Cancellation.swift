extension ConformanceReport {
  /// Cancels a task before it begins to wait or, as far as one can tell from outside, after.
  func requireCancellation(
    _ what: String, isWaiting: Bool, _ body: @escaping @Sendable () async throws -> Void
  ) async {
    let (started, continuation) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      continuation.finish()
      try await body()
    }
    if isWaiting {
      for await _ in started {}
      for _ in 0..<100 { await Task.yield() }
    }
    task.cancel()
    do {
      try await task.value
      fail("\(what) went on though its task was cancelled")
    } catch is CancellationError {
    } catch {
      fail("\(what) threw \(error) instead of CancellationError when its task was cancelled")
    }
  }
}
