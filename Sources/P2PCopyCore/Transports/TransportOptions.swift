/// Limits and trust of a connection to a relay.
public struct TransportOptions: Sendable {
  /// How long name resolution, connecting, TLS and the upgrade may take together.
  public var connectTimeout: Duration = .seconds(30)

  /// After how long without a byte from the relay the connection is probed. Three unanswered probes end it; five, while
  /// something waits to be sent and nothing of it is taken.
  public var keepaliveInterval: Duration = .seconds(20)

  /// The largest message that is accepted, in bytes.
  public var maximumMessageByteCount = 2 << 20

  /// A PEM file with the certificate authorities to trust instead of the system's.
  public var trustRootsFile: LocalPath?

  /// Which proxy to connect through.
  public var proxy = ProxyChoice.environment

  /// Where the connection takes its buffers, and puts them when they are used up; its own unless it is set. Whoever
  /// connects again to the same peer lets the new connection go on with those of the one before.
  public var buffers: MessageBufferPool?

  /// The defaults.
  public init() {}
}
