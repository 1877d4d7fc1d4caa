import P2PCopy
import Testing

/// How many lanes a session uses by itself.
@Suite("The number of connections")
struct LaneCountPolicyTests {
  /// What the policy chooses while the rate is what a way gives with so many lanes.
  private func choices(seconds: Int, _ rate: (Int) -> Double) -> [Int] {
    var policy = LaneCountPolicy(maximum: 8)
    var count = 1
    var choices: [Int] = []
    for _ in 0..<seconds {
      if let next = policy.next(after: rate(count), isUsable: true) {
        count = next
        choices.append(next)
      }
    }
    return choices
  }

  @Test("Where each adds its own, all are used")
  func longWay() {
    #expect(choices(seconds: 60) { Double($0) * 50e6 } == [2, 4, 8])
  }

  @Test("Where more gain nothing there is one again, and it is seldom tried")
  func shortWay() {
    let choices = choices(seconds: 300) { _ in 900e6 }
    #expect(choices.prefix(4) == [2, 1, 2, 1])
    #expect(choices.count <= 8)
  }

  @Test("Where three fill the way there are four, no more")
  func narrowWay() {
    #expect(choices(seconds: 20) { Double(min($0, 3)) * 10e6 } == [2, 4, 8, 4])
  }

  @Test("While nothing is sent, or a lane is away, nothing is learnt")
  func idle() {
    var policy = LaneCountPolicy(maximum: 8)
    for second in 0..<100 {
      #expect(policy.next(after: second.isMultiple(of: 2) ? 0 : 1e6, isUsable: true) == nil)
      #expect(policy.next(after: 1e6, isUsable: false) == nil)
    }
    var alone = LaneCountPolicy(maximum: 1)
    for _ in 0..<10 { #expect(alone.next(after: 1e6, isUsable: true) == nil) }
  }
}
