/// Decides when to probe a silent relay and when to give it up. No clock: it is asked once per interval.
package struct Keepalive {
  /// What to do.
  package enum Action: Equatable {
    case nothing
    case ping
    case giveUp
  }

  /// How many probes in a row may stay unanswered.
  package static let maximumProbes = 3

  package init() {}

  private var hasHeard = true
  private var probes = 0

  /// A byte has come.
  package mutating func heard() { hasHeard = true }

  /// An interval is over.
  ///
  /// - Parameters:
  ///   - isReading: Whether the relay could have been heard: not while reading stands still on our side.
  ///   - isWriting: Whether something of ours waits to be written: it may keep the relay from seeing the probe.
  /// - Returns: What to do.
  package mutating func intervalPassed(isReading: Bool, isWriting: Bool) -> Action {
    defer { hasHeard = false }
    if hasHeard || !isReading {
      probes = 0
      return .nothing
    }
    guard probes >= Self.maximumProbes else {
      probes += 1
      return .ping
    }
    return isWriting ? .nothing : .giveUp
  }
}
