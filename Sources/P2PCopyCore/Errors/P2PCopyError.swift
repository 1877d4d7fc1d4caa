/// The one error type of the package.
///
/// A ``Code`` says what went wrong in a form that a program can act on, ``message`` says it to a person, ``remedy`` what
/// helps, ``scope`` how much it ends, and ``cause`` holds the error underneath where there is one.
public struct P2PCopyError: Error, Sendable {
  /// How much an error ends.
  public enum Scope: Hashable, Sendable {
    /// One file, directory or link; the others go on.
    case entry
    /// Everything that would be written to the same place: the disk is full, or fails.
    case destination
    /// The session with the other side, or what was to become one.
    case session
  }

  /// What went wrong.
  public var code: Code

  /// One line for a person: names the thing and says what is wrong with it, in words that are no program's. Bytes that came
  /// from a peer are escaped in it.
  public var message: String

  /// What helps against it, where something does.
  public var remedy: Remedy?

  /// How much it ends.
  public var scope: Scope

  /// The error that led to this one: for a person to read, nothing is decided by it.
  public var cause: (any Error)?

  /// Creates an error.
  public init(
    _ code: Code, _ message: String, remedy: Remedy? = nil, scope: Scope = .session, cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.scope = scope
    self.cause = cause
  }
}

extension P2PCopyError: CustomStringConvertible {
  /// The message with the remedy's advice, followed by the cause in parentheses where there is one.
  public var description: String {
    guard let cause else { return advisingMessage }
    return "\(advisingMessage) (\(cause))"
  }

  /// The message with the remedy's advice: what the other side is told, whose program may be another one.
  package var advisingMessage: String { message(advising: \.advice) }

  /// The message with the remedy in somebody's words behind it.
  package func message(advising words: (Remedy) -> String) -> String {
    guard let remedy else { return message }
    return "\(message); \(words(remedy))"
  }
}
