/// Waits for something that nobody announces, such as a file's growth in another process: looks again and again.
///
/// - Parameters:
///   - what: What is waited for, to say when it did not come.
///   - limit: For how long.
///   - isPossible: Whether it may still come.
///   - isSo: Looks.
/// - Throws: ``NeverHappened``, or what looking throws.
package func eventually(
  _ what: String, within limit: Duration = .seconds(60), while isPossible: () -> Bool = { true },
  _ isSo: () throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try !isSo() {
    guard isPossible(), ContinuousClock.now < deadline else {
      throw NeverHappened(description: "waited until \(what), in vain")
    }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// What a test waited for did not come.
package struct NeverHappened: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) {
    self.description = description
  }
}
