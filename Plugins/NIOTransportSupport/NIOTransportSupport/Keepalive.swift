/// Decides when to probe a silent other side and when to give it up. No clock: it is asked once per interval.
package struct Keepalive {
  /// What to do.
  package enum Action: Equatable {
    case nothing
    case ping
    case giveUp
  }

  /// How many probes in a row may stay unanswered.
  package static let maximumProbes = 3

  /// The same while something of ours waits and the system takes nothing of it: whoever is on the other side takes
  /// nothing because the peer behind it does not, which may be stuck for a while with what it has.
  package static let maximumProbesWhileStuck = 5

  package init() {}

  private var hasHeard = true
  private var probes = 0
  private var writtenByteCount: Int64 = 0

  /// A byte has come.
  package mutating func heard() { hasHeard = true }

  /// An interval is over.
  ///
  /// - Parameters:
  ///   - isReading: Whether the other side could have been heard: not while reading stands still on our side.
  ///   - isWriting: Whether something of ours waits to be written: it may keep the other side from seeing the probe.
  ///   - writtenByteCount: How much of ours the system has taken so far. As long as it takes more of what waits, the
  ///     connection is alive.
  /// - Returns: What to do.
  package mutating func intervalPassed(isReading: Bool, isWriting: Bool, writtenByteCount: Int64) -> Action {
    let isMoving = isWriting && writtenByteCount > self.writtenByteCount
    self.writtenByteCount = max(self.writtenByteCount, writtenByteCount)
    defer { hasHeard = false }
    if hasHeard || !isReading || isMoving {
      probes = 0
      return .nothing
    }
    guard probes >= (isWriting ? Self.maximumProbesWhileStuck : Self.maximumProbes) else {
      probes += 1
      return .ping
    }
    return .giveUp
  }
}
