import Synchronization

/// So many bytes in a second and no more, whoever sends them: a token bucket.
///
/// Whoever is to send waits until what went before has had its time. A sender that could not send for a moment catches up
/// with what it missed in that moment, and with no more.
package final class RateLimiter: Sendable {
  /// How much time can be caught up with.
  private static let slack = Duration.milliseconds(50)

  private let bytesPerSecond: Int64
  /// When everything that was taken so far has had its time.
  private let freeAt = Mutex(ContinuousClock.now)

  /// - Parameter bytesPerSecond: At least 1.
  package init(bytesPerSecond: Int64) {
    self.bytesPerSecond = max(1, bytesPerSecond)
  }

  /// Waits until so many bytes may be sent.
  ///
  /// - Throws: `CancellationError`.
  package func take(_ byteCount: Int) async throws {
    guard byteCount > 0 else { return }
    let start = reserve(byteCount, at: .now)
    if start > .now { try await Task.sleep(until: start) }
  }

  /// Takes the next time there is for so many bytes.
  ///
  /// - Returns: When it begins.
  package func reserve(_ byteCount: Int, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let time = Duration.seconds(Double(byteCount) / Double(bytesPerSecond))
    return freeAt.withLock { freeAt in
      let start = max(freeAt, now - Self.slack)
      freeAt = start + time
      return start
    }
  }
}
