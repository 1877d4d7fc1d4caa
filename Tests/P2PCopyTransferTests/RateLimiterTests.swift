import P2PCopyTransfer
import Testing

/// When bytes have had their time, on a clock of the test's own.
@Suite struct RateLimiterTests {
  @Test("Each has to wait for those before it")
  func spacing() {
    let limiter = RateLimiter(bytesPerSecond: 1000)
    let now = ContinuousClock.now + .seconds(10)
    let ends = (0..<5).map { _ in limiter.take(100, at: now) }
    #expect(ends[0] == now + .milliseconds(50))
    for (first, second) in zip(ends, ends.dropFirst()) { #expect(second - first == .milliseconds(100)) }
  }

  @Test("What was not sent for a long time is not made up for")
  func slack() {
    let limiter = RateLimiter(bytesPerSecond: 1000)
    let now = ContinuousClock.now + .seconds(10)
    #expect(limiter.take(100, at: now) == now + .milliseconds(50))
    let later = now + .seconds(60)
    #expect(limiter.take(100, at: later) == later + .milliseconds(50))
    #expect(limiter.take(100, at: later) == later + .milliseconds(150))
  }

  @Test("A sender that was late for a moment catches up")
  func catchingUp() {
    let limiter = RateLimiter(bytesPerSecond: 1000)
    let now = ContinuousClock.now + .seconds(10)
    let first = limiter.take(100, at: now)
    #expect(limiter.take(100, at: first + .milliseconds(30)) == first + .milliseconds(100))
  }
}
