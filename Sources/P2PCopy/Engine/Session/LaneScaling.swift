import Logging
import P2PCopyTransfer

/// Decides, at the sender, how many lanes a session uses.
///
/// By itself it doubles them as long as that makes the transfer clearly quicker, and goes back to as many as were as quick:
/// where the processors or a disk are what takes the time more lanes gain nothing, and are in the way of others.
struct LaneScaling: Sendable {
  let delivery: Delivery
  let connections: ConnectionCount

  /// Runs until it is cancelled.
  ///
  /// - Throws: ``P2PCopyError`` when the other side cannot be reached any more.
  func run() async throws {
    switch connections {
    case .exactly(let count):
      if count > 1 { try await delivery.use(laneCount: min(count, delivery.maximumLaneCount)) }
    case .automatic: try await adapt()
    }
  }

  private func adapt() async throws {
    var policy = LaneCountPolicy(maximum: delivery.maximumLaneCount)
    var last = (bytes: delivery.settledByteCount, time: ContinuousClock.now)
    while true {
      try await Task.sleep(for: LaneCountPolicy.interval)
      let now = (bytes: delivery.settledByteCount, time: ContinuousClock.now)
      let seconds = (now.time - last.time) / .seconds(1)
      let rate = seconds > 0 ? Double(now.bytes - last.bytes) / seconds : 0
      last = now
      // While a lane is away there is nothing to learn.
      let isComplete = delivery.lanes.read { $0.openCount == $0.wantedCount }
      guard let count = policy.next(after: rate, isUsable: isComplete) else { continue }
      delivery.session.logger.info(
        "another number of connections", metadata: ["count": "\(count)", "bytes-per-second": "\(Int(rate))"])
      try await delivery.use(laneCount: count)
    }
  }
}

/// What to try next, from the rates so far.
package struct LaneCountPolicy: Sendable {
  /// How long one measurement takes.
  package static let interval = Duration.seconds(1)

  /// How many measurements one number of lanes gets; the first after a change is left out.
  private static let measurementCount = 2
  /// How much quicker more lanes have to be to stay.
  private static let gain = 1.2
  /// How many measurements later it is tried again after it was in vain; doubled with each.
  private static let firstPause = 30
  private static let pauseLimit = 600

  private let maximum: Int
  private var count = 1
  private var measured: [Double] = []
  private var skipped = 1
  private var pause = 0
  private var nextPause = LaneCountPolicy.firstPause
  /// The number before the one that is tried, and how quick that was.
  private var trial: (former: Int, rate: Double)?

  /// - Parameter maximum: The most lanes.
  package init(maximum: Int) {
    self.maximum = maximum
  }

  /// Takes a measurement.
  ///
  /// - Parameters:
  ///   - rate: Bytes in a second, over ``interval``.
  ///   - isUsable: Whether all lanes were there.
  /// - Returns: How many lanes to use from now on; `nil` for as many as before.
  package mutating func next(after rate: Double, isUsable: Bool) -> Int? {
    guard pause == 0 else {
      pause -= 1
      return nil
    }
    guard isUsable, rate > 0 else {
      measured = []
      return nil
    }
    guard skipped == 0 else {
      skipped -= 1
      return nil
    }
    measured.append(rate)
    guard measured.count >= Self.measurementCount else { return nil }
    let mean = measured.reduce(0, +) / Double(measured.count)
    measured = []
    skipped = 1
    if let trial {
      self.trial = nil
      guard mean >= trial.rate * Self.gain else {
        count = trial.former
        pause = nextPause
        nextPause = min(2 * nextPause, Self.pauseLimit)
        return count
      }
      nextPause = Self.firstPause
    }
    guard count < maximum else { return nil }
    trial = (count, mean)
    count = min(2 * count, maximum)
    return count
  }
}
