/// Waits for what a program does where it gives no signal.
enum Waiting {
  /// Looks again and again until something is so, as long as the program runs and its time lasts.
  ///
  /// - Parameters:
  ///   - what: What is waited for, to say when it did not come.
  ///   - process: The program.
  ///   - isSo: Looks.
  /// - Throws: ``NeverHappened`` with the program's output.
  static func until(_ what: String, for process: ChildProcess, _ isSo: () throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + ChildProcess.timeLimit
    while try !isSo() {
      guard process.isRunning, clock.now < deadline else {
        process.kill()
        throw NeverHappened(description: "waited until \(what), in vain: \(await process.end())")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
