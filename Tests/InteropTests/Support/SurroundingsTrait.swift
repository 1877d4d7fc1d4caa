import Testing

/// Makes the ``Surroundings`` once for a suite and everything in it.
struct SurroundingsTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let surroundings = try await Surroundings()
    let result: Result<Void, any Error>
    do {
      result = .success(try await Surroundings.$current.withValue(surroundings, operation: function))
    } catch {
      result = .failure(error)
    }
    try await surroundings.stop()
    try result.get()
  }
}
