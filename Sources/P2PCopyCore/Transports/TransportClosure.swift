/// How a connection was closed: why, in words of no transport's own, and a text.
///
/// Thrown by ``TransportConnection/receive()`` when the other side closed with anything but ``Reason/normal``. What
/// stands for a reason on the wire is the transport's affair.
public struct TransportClosure: Error, Hashable, Sendable {
  /// Why a connection was closed.
  public enum Reason: Hashable, Sendable {
    /// Everything was said.
    case normal
    /// The peer ended without a word; said by whoever stands between the peers.
    case peerVanished
    /// The peer of this role failed: a receiver could not deliver everything, a sender stopped before the end.
    case failed(PeerRole)
    /// Nobody came for as long as whoever stands between the peers lets anybody wait.
    case waitedTooLong
    /// There is no place for this connection: another one has it, or too many are open.
    case unavailable
    /// What was sent is not accepted.
    case refused
    /// Whoever stands between the peers shuts down, whether or not the other peer has everything.
    case goingAway
    /// Something else; the text may say what.
    case other
  }

  /// Why.
  public var reason: Reason

  /// More about it, at most 123 bytes of UTF-8; a transport may cut what is longer. From the other side, so escape it
  /// before showing it.
  public var text: String

  /// Creates a closure.
  public init(_ reason: Reason, text: String = "") {
    self.reason = reason
    self.text = text
  }

  /// Everything was said.
  public static let normal = TransportClosure(.normal)

  /// Whether it stands for a good end.
  public var isNormal: Bool { reason == .normal }
}
