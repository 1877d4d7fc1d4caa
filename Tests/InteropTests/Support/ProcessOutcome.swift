/// How a program ended.
struct ProcessOutcome: Sendable, CustomStringConvertible {
  /// The command line.
  let title: String
  /// The exit status; the negated number of the signal that ended it.
  let status: Int32
  /// Whether it was killed because its time was over.
  let isOverdue: Bool
  /// What it printed on its standard output.
  let output: String
  /// What it printed on its standard error.
  let errors: String

  /// Everything that helps to find out what went wrong.
  var description: String {
    """
    \(isOverdue ? "KILLED, time is over" : "status \(status)"): \(title)
    --- stdout
    \(output.suffix(4_000))
    --- stderr
    \(errors.suffix(4_000))
    ---
    """
  }
}
