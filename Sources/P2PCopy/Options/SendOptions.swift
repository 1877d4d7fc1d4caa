public import P2PCopyCore

/// How to send.
public struct SendOptions: Sendable {
  /// Encrypt end to end; the receiver must use the same setting.
  public var encrypt = false

  /// Whether to compress.
  public var compression = CompressionMode.auto

  /// Skip what the receiver has and go on where it stopped.
  public var resume = false

  /// How long to wait for a receiver with the same code.
  public var peerTimeout = Duration.seconds(600)

  /// Limits and trust of the connection to the relay.
  public var transport = TransportOptions()

  /// The defaults.
  public init() {}
}
