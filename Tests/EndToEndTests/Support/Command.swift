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
