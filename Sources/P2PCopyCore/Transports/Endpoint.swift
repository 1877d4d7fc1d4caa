/// What a transport connects to: a scheme, which says the transport, and an address that only the transport understands.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// The scheme, such as `wss`; lower case.
  public let scheme: String

  /// What follows `scheme://`: a host and a port, a path, whatever the transport takes.
  public let address: String

  /// What may be shown of it. Unlike ``address`` it does not have what a relay is told in secret.
  public let description: String

  /// Creates an endpoint. Whether the address makes sense its transport says.
  ///
  /// - Parameters:
  ///   - scheme: The scheme, in lower case.
  ///   - address: What follows `scheme://`.
  ///   - description: What to show in place of both.
  public init(scheme: String, address: String, description: String? = nil) {
    self.scheme = scheme
    self.address = address
    self.description = description ?? "\(scheme)://\(address)"
  }
}
