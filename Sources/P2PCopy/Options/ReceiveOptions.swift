public import P2PCopyCore

/// How to receive.
public struct ReceiveOptions: Sendable {
  /// Expect end-to-end encryption; the sender must use the same setting.
  public var encrypt = false

  /// What to do when something of a file's name exists.
  public var conflictPolicy = ConflictPolicy.fail

  /// How long to wait for a sender with the same code.
  public var peerTimeout = Duration.seconds(600)

  /// Limits and trust of the connection to the relay.
  public var transport = TransportOptions()

  /// The defaults.
  public init() {}
}
