import Synchronization

/// So many bytes in a second and no more, whoever sends them: a token bucket.
///
/// Whoever has sent something waits until that has had its time. A sender that could not send for a moment catches up with what
/// it missed in that moment, and with no more.
package final class RateLimiter: Sendable {
  /// How much time can be caught up with.
  private static let slack = Duration.milliseconds(50)

  private let bytesPerSecond: Int64
  /// When everything that was sent so far has had its time.
  private let freeAt = Mutex(ContinuousClock.now)

  /// - Parameter bytesPerSecond: At least 1.
  package init(bytesPerSecond: Int64) {
    self.bytesPerSecond = max(1, bytesPerSecond)
  }

  /// Waits until so many bytes, which were sent just now, have had their time.
  ///
  /// - Throws: `CancellationError`.
  package func pass(_ byteCount: Int) async throws {
    guard byteCount > 0 else { return }
    let end = take(byteCount, at: .now)
    if end > .now { try await Task.sleep(until: end) }
  }

  /// Takes the time that so many bytes need.
  ///
  /// - Returns: When it is over.
  package func take(_ byteCount: Int, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let time = Duration.seconds(Double(byteCount) / Double(bytesPerSecond))
    return freeAt.withLock { freeAt in
      freeAt = max(freeAt, now - Self.slack) + time
      return freeAt
    }
  }
}
