import ArgumentParser

/// How a command prints what comes of it.
struct OutputOptions: ParsableArguments {
  @Flag(
    help: """
      Print JSON on standard output, one event a line, as docs/json.md describes it; what is for a person goes to standard \
      error.
      """)
  var json = false

  /// Prints a line of results for a person, or nothing where there is one of JSON.
  func output(_ text: @autoclosure () -> String, as line: @autoclosure () -> EventLine) throws(OutputFailure) {
    try Console.output(json ? line().text : text())
  }

  /// Prints what is no result and a person should know.
  ///
  /// - Parameters:
  ///   - text: The line.
  ///   - quiet: Whether a person is told nothing.
  /// - Throws: ``OutputFailure`` when it could not be printed as JSON.
  func notice(_ text: String, quiet: Bool = false) throws(OutputFailure) {
    if !quiet { Console.error(text) }
    if json { try Console.output(EventLine.notice(text).text) }
  }
}
