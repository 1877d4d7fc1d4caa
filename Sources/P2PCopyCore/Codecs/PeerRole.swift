/// Which of the two a peer is.
public enum PeerRole: String, Sendable, CustomStringConvertible {
  case sender
  case receiver

  /// The word used on the wire and in messages.
  public var description: String { rawValue }

  /// The one it is paired with.
  public var other: PeerRole { self == .sender ? .receiver : .sender }
}
