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

  /// How many of them may come from one address; `nil` for as many as there may be at all. Of IPv6 an address is what a
  /// customer gets, the first 64 bits. No address is exempt: behind a proxy all connections have the proxy's.
  public var maximumConnectionsPerAddress: Int? = 1000

  /// How long a peer may wait for the other one; then it is told so and closed.
  public var maximumWait: Duration = .seconds(86_400)

  /// How many bytes are held, over all connections together, of hellos that are not complete and of what peers of protocol
  /// 1 sent before the other one came. Who needs more then is closed. For peers of protocol 2 nothing is held.
  public var maximumHeldByteCount = 16 << 20

  /// After this long without a byte from a peer it is pinged. After three times as long it counts as dead, after fifteen
  /// times if it may be busy with what was passed on to it.
  public var keepaliveInterval: Duration = .seconds(20)

  /// How long a connection that is being closed may go without taking a byte or answering.
  public var closeTimeout: Duration = .seconds(5)

  /// The default limits.
  public init() {}
}
