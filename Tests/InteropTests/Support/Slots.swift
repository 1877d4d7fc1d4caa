/// Lets a few runs at a time through: the test library would start all of them at once.
actor Slots {
  /// A run is two or three processes, on a machine with at least two cores.
  static let transfers = Slots(3)

  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) {
    free = count
  }

  /// Runs `body` when its turn comes.
  nonisolated func run<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    await enter()
    let result: Value
    do {
      result = try await body()
    } catch {
      await leave()
      throw error
    }
    await leave()
    return result
  }

  private func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func leave() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}
