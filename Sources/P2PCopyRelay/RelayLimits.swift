/// What the relay grants to strangers.
///
/// The defaults suit a relay on the open internet.
public struct RelayLimits: Hashable, Sendable {
  /// How long a connection may take from being accepted to its complete hello, TLS and the HTTP upgrade included.
  public var helloTimeout: Duration = .seconds(10)

  /// The longest hello message in bytes.
  public var maximumHelloByteCount = 64 << 10

  /// The longest message in bytes that is forwarded.
  public var maximumMessageByteCount = 2 << 20

  /// How many connections may be open at the same time; a pair has two.
  public var maximumConnections = 10_000

  /// After this long without a byte from a peer it is pinged. After three times as long it counts as dead, after fifteen
  /// times if it may be busy with what was passed on to it.
  public var keepaliveInterval: Duration = .seconds(20)

  /// How long a connection that is being closed may go without taking a byte or answering.
  public var closeTimeout: Duration = .seconds(5)

  /// The default limits.
  public init() {}
}
