/// The one error type of the package.
///
/// A ``Code`` says what went wrong in a form that a program can act on, ``message`` says it to a person together with
/// what to do about it, and ``cause`` holds the error underneath where there is one.
public struct P2PCopyError: Error, Sendable {
  /// What went wrong; maps one to one to the command's exit status.
  public var code: Code

  /// One line for a person: names the thing and says what to do. Bytes that came from a peer are escaped in it.
  public var message: String

  /// The error that led to this one.
  public var cause: (any Error)?

  /// Creates an error.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }
}

extension P2PCopyError: CustomStringConvertible {
  /// The message, followed by the cause in parentheses where there is one.
  public var description: String {
    guard let cause else { return message }
    return "\(message) (\(cause))"
  }
}

extension P2PCopyError {
  /// What to do after a transfer broke off.
  package static let resumeHint =
    "run the same commands again to go on (the sender with --resume, if it speaks protocol 1)"
}
