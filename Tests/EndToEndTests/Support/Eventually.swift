/// Waits for something that nobody announces, such as a file's growth in another process.
func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while try !condition() {
    guard ContinuousClock.now < deadline else { throw ToolFailure(description: "it never came that \(what)") }
    try await Task.sleep(for: .milliseconds(5))
  }
}
