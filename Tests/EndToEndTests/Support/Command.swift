/// A run of p2p-copy: its arguments, and what it finds around itself.
struct Command: Sendable {
  /// What standard input, output and error are.
  enum Streams: Sendable {
    /// Files and pipes; standard input holds these bytes and then ends.
    case pipes(input: [UInt8])
    /// A terminal of so many columns, which is also the controlling one.
    case terminal(columns: UInt16)
  }

  /// The arguments behind the program's name.
  var arguments: [String]

  /// Variables besides those of the tests that the command does not read.
  var environment: [String: String] = [:]

  /// The working directory.
  var directory: String

  /// Its standard streams.
  var streams = Streams.pipes(input: [])

  /// A program that starts the command with other rights or limits, such as `setpriv`, with its arguments.
  var wrapper: [String] = []

  /// How long it may run before it is killed.
  var timeLimit = Duration.seconds(90)

  /// How a message names it.
  var title: String { (wrapper + ["p2p-copy"] + arguments).joined(separator: " ") }
}

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
