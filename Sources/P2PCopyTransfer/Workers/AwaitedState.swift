import Synchronization

/// State that tasks share and wait on: whoever waits looks again after every change.
package final class AwaitedState<Value: Sendable>: Sendable {
  private struct Content {
    var value: Value
    /// How often it was changed.
    var version: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var waiterCount: UInt64 = 0
  }

  private let content: Mutex<Content>

  package init(_ value: Value) {
    content = Mutex(Content(value: value))
  }

  /// Changes the state; nobody else looks at it meanwhile.
  package func withLock<Result: Sendable>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    let (result, waiting) = try content.withLock { content in
      let result = try body(&content.value)
      content.version &+= 1
      guard !content.waiting.isEmpty else { return (result, [:] as [UInt64: CheckedContinuation<Void, Never>]) }
      let waiting = content.waiting
      content.waiting.removeAll()
      return (result, waiting)
    }
    for continuation in waiting.values { continuation.resume() }
    return result
  }

  /// Looks at the state.
  package func read<Result: Sendable>(_ body: (borrowing Value) throws -> Result) rethrows -> Result {
    try content.withLock { try body($0.value) }
  }

  /// Waits until `find` finds something.
  ///
  /// - Parameter find: Looks at the state; `nil` while there is nothing.
  /// - Returns: What it found. By then the state may have changed again.
  /// - Throws: What `find` throws, or `CancellationError`.
  package func first<Result: Sendable>(_ find: (borrowing Value) throws -> Result?) async throws -> Result {
    while true {
      try Task.checkCancellation()
      let (found, version) = try content.withLock { (try find($0.value), $0.version) }
      if let found { return found }
      await waitForChange(of: version)
    }
  }

  /// Waits until something is true of the state.
  ///
  /// - Throws: What `isTrue` throws, or `CancellationError`.
  package func wait(until isTrue: (borrowing Value) throws -> Bool) async throws {
    try await first { try isTrue($0) ? () : nil }
  }

  private func waitForChange(of version: UInt64) async {
    let waiter = content.withLock { content in
      content.waiterCount &+= 1
      return content.waiterCount
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mustWait = content.withLock { content in
          guard content.version == version, !Task.isCancelled else { return false }
          content.waiting[waiter] = continuation
          return true
        }
        if !mustWait { continuation.resume() }
      }
    } onCancel: {
      let continuation = content.withLock { $0.waiting.removeValue(forKey: waiter) }
      continuation?.resume()
    }
  }
}
