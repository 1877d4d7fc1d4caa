/// How a connection was closed: a status code and a reason, as in RFC 6455, section 7.4.
///
/// Thrown by ``TransportConnection/receive()`` when the other side closed with anything but ``normal``.
public struct TransportClosure: Error, Hashable, Sendable {
  /// The status: 1000 … 1015 as in RFC 6455, 4000 … 4999 as below.
  public var status: UInt16

  /// Why, at most 123 bytes of UTF-8. From the other side, so escape it before showing it.
  public var reason: String

  /// Creates a closure.
  public init(status: UInt16, reason: String) {
    self.status = status
    self.reason = reason
  }

  /// Everything was said.
  public static let normal = TransportClosure(status: 1000, reason: "")

  /// The status a relay of ours closes the remaining peer with when the other one vanished without a close.
  public static let peerVanished: UInt16 = 4002

  /// The status a receiver of ours closes with when it could not deliver everything.
  public static let receiverFailed: UInt16 = 4001

  /// The status a relay of ours closes a peer with that waited for as long as it lets anybody wait.
  public static let waitedTooLong: UInt16 = 4004

  /// The status a sender of ours closes with when it stops before the end.
  public static let senderFailed: UInt16 = 4003

  /// Whether it stands for a good end: 1000, or a close without a status. Not 1001: a relay that shuts down goes away
  /// with it, whether or not the receiver has everything.
  public var isNormal: Bool { status == 1000 || status == 1005 }
}
