import Synchronization

/// Counts what happens on several threads.
final class Counter: Sendable {
  private let count = Mutex(0)

  /// The next number, from 0.
  func next() -> Int {
    count.withLock { count in
      defer { count += 1 }
      return count
    }
  }
}
