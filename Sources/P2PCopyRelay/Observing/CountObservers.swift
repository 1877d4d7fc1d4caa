/// Those who wait until a relay has so much to do, or so little.
struct CountObservers {
  private var observers: [(condition: (RelayCounts) -> Bool, latch: Latch)] = []

  var isEmpty: Bool { observers.isEmpty }

  /// Opens a latch as soon as the counts that it is told meet a condition.
  mutating func add(_ latch: Latch, when condition: @escaping (RelayCounts) -> Bool) {
    observers.append((condition, latch))
  }

  /// Tells everybody.
  mutating func tell(_ counts: RelayCounts) {
    observers.removeAll { observer in
      guard observer.condition(counts) else { return false }
      observer.latch.open()
      return true
    }
  }
}
