import P2PCopyCore

/// What a `tcp` endpoint says: a host and a port.
struct TCPAddress {
  static let scheme = "tcp"

  let host: String
  /// 0 when the system is to choose.
  let port: Int

  /// - Throws: `P2PCopyError` with code `usage`.
  init(_ endpoint: Endpoint) throws(P2PCopyError) {
    guard endpoint.scheme == Self.scheme else { throw Self.malformed(endpoint, "its scheme is another one") }
    do throws(HostAndPort.Malformed) {
      let parts = try HostAndPort(endpoint.address[...], ports: 0...65535)
      guard let port = parts.port else { throw HostAndPort.Malformed(why: "its port is missing") }
      (host, self.port) = (parts.host, port)
    } catch {
      throw Self.malformed(endpoint, error.why)
    }
  }

  static func malformed(_ endpoint: Endpoint, _ why: String) -> P2PCopyError {
    P2PCopyError(
      .usage,
      "'\(DisplayText.escaped(endpoint.description))' is not a TCP address: \(why); give one such as"
        + " tcp://host.example.org:8765")
  }

  /// The endpoint of a host and a port.
  static func endpoint(host: String, port: Int) -> Endpoint {
    Endpoint(scheme: scheme, address: "\(host.contains(":") ? "[\(host)]" : host):\(port)")
  }
}
