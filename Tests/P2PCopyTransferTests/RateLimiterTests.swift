import P2PCopyTransfer
import Testing

/// When bytes may be sent, on a clock of the test's own.
@Suite struct RateLimiterTests {
  @Test("Each has to wait for those before it")
  func spacing() {
    let limiter = RateLimiter(bytesPerSecond: 1000)
    let now = ContinuousClock.now + .seconds(10)
    let starts = (0..<5).map { _ in limiter.reserve(100, at: now) }
    for (first, second) in zip(starts, starts.dropFirst()) { #expect(second - first == .milliseconds(100)) }
    #expect(now - starts[0] == .milliseconds(50))
  }

  @Test("What was not sent for a long time is not made up for")
  func slack() {
    let limiter = RateLimiter(bytesPerSecond: 1000)
    let now = ContinuousClock.now + .seconds(10)
    #expect(limiter.reserve(100, at: now) == now - .milliseconds(50))
    let later = now + .seconds(60)
    #expect(limiter.reserve(100, at: later) == later - .milliseconds(50))
    #expect(limiter.reserve(100, at: later) == later + .milliseconds(50))
  }

  @Test("A sender that was late for a moment catches up")
  func catchingUp() {
    let limiter = RateLimiter(bytesPerSecond: 1000)
    let now = ContinuousClock.now + .seconds(10)
    let first = limiter.reserve(100, at: now)
    #expect(limiter.reserve(100, at: first + .milliseconds(130)) == first + .milliseconds(100))
  }
}
