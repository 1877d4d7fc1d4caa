/// Where a relay listens, and how.
public struct RelayConfiguration: Hashable, Sendable {
  /// An IP address, in brackets as in a URL or without, or a host name. `localhost` means the loopback addresses and no
  /// others; `0.0.0.0` and `::` mean every address of the machine.
  public var host: String

  /// The TCP port; 0 lets the system choose a free one.
  public var port: Int

  /// The certificate and key for `wss`; `nil` for plain `ws`.
  public var tls: RelayTLSFiles?

  /// What strangers are granted.
  public var limits: RelayLimits

  /// Describes a relay; nothing is opened or checked before ``RelayServer/start(configuration:logger:)``.
  public init(
    host: String = "localhost", port: Int = 0, tls: RelayTLSFiles? = nil, limits: RelayLimits = RelayLimits()
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.limits = limits
  }

  /// As long as the command lets a peer wait.
  private static let longestWait = Duration.seconds(86_400 * 30)

  /// The host as the system takes it: without brackets.
  var bareHost: String {
    host.first == "[" && host.last == "]" ? String(host.dropFirst().dropLast()) : host
  }

  /// Refuses what cannot work.
  func validate() throws(RelayError) {
    guard !bareHost.isEmpty else {
      throw RelayError(
        .invalidConfiguration,
        "the relay needs an address to listen on: give an IP address, a host name, or localhost")
    }
    guard (0...65535).contains(port) else {
      throw RelayError(.invalidConfiguration, "there is no TCP port \(port): give one from 0 (any free one) to 65535")
    }
    guard limits.maximumHelloByteCount > 0, limits.maximumMessageByteCount > 0, limits.maximumConnections > 0,
      limits.maximumConnectionsPerAddress ?? 1 > 0, limits.maximumHeldByteCount > 0
    else {
      throw RelayError(.invalidConfiguration, "a limit of the relay is not positive: sizes and counts start at 1")
    }
    let durations = [limits.helloTimeout, limits.keepaliveInterval, limits.closeTimeout]
    guard durations.allSatisfy({ $0 > .zero && $0 <= .seconds(86_400) }) else {
      throw RelayError(.invalidConfiguration, "a time limit of the relay is not between 0 and 24 hours")
    }
    guard limits.maximumWait > .zero, limits.maximumWait <= Self.longestWait else {
      throw RelayError(.invalidConfiguration, "the longest wait is not between 0 and 30 days")
    }
  }
}
