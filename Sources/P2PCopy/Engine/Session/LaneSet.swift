import P2PCopyCore

/// The lanes of a session: which are open, and how many there are to be.
struct LaneSet: Sendable {
  /// How many there are to be: those with the numbers below.
  private(set) var wantedCount = 1

  /// Whether there were ever to be several: then records come over any of them, in any order.
  private(set) var haveBeenSeveral = false

  private var wantedSince: UInt64?
  private var openLanes: [UInt32: Lane] = [:]

  /// Why the last one that was lost was lost, and when.
  private(set) var lastLoss: (reason: P2PCopyError, since: ContinuousClock.Instant)?

  /// - Parameter lane: The one that is open.
  init(first lane: Lane) {
    openLanes[lane.address.number] = lane
  }

  /// Those that are open, the first one first.
  var open: [Lane] { openLanes.sorted { $0.key < $1.key }.map(\.value) }

  /// How many are open.
  var openCount: Int { openLanes.count }

  /// The lane of a number, if it is open.
  subscript(number: UInt32) -> Lane? { openLanes[number] }

  /// There are to be so many.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - number: The record that says so; `nil` at the side that decides.
  /// - Returns: Whether that is news: a record may be overtaken by a later one.
  mutating func want(_ count: Int, as number: UInt64?) -> Bool {
    if let number {
      guard wantedSince.map({ $0 < number }) ?? true else { return false }
      wantedSince = number
    }
    wantedCount = count
    if count > 1 { haveBeenSeveral = true }
    return true
  }

  /// Whether there is to be a lane of a number.
  func wants(_ number: UInt32) -> Bool { number < wantedCount }

  /// A lane is there.
  mutating func add(_ lane: Lane) {
    openLanes[lane.address.number] = lane
  }

  /// A lane is no more.
  ///
  /// - Parameters:
  ///   - lane: The lane.
  ///   - reason: Why; `nil` when it is not wanted any more.
  mutating func remove(_ lane: Lane, because reason: P2PCopyError?) {
    guard openLanes[lane.address.number] === lane else { return }
    openLanes[lane.address.number] = nil
    if let reason { lastLoss = (reason, .now) }
  }
}
