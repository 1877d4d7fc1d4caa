/// How a command ended and what it printed.
struct CommandResult: Sendable, CustomStringConvertible {
  /// What was run.
  let title: String
  /// The exit status, `nil` when a signal ended it.
  let status: Int32?
  /// The signal that ended it.
  let signal: Int32?
  /// Whether it was killed because its time was over.
  let isOverdue: Bool
  /// Standard output; with a terminal, all that was shown there.
  let output: String
  /// Standard error.
  let errors: String

  /// The lines on standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// Everything there is to know, for the message of a failed expectation.
  var description: String {
    let end = status.map { "exited with \($0)" } ?? signal.map { "was ended by signal \($0)" } ?? "?"
    return """
      '\(title)' \(end)\(isOverdue ? ", because its time was over" : "")
      --- standard output
      \(output.suffix(4000))
      --- standard error
      \(errors.suffix(4000))
      ---
      """
  }
}
