import P2PCopyCore

extension RelayAddress {
  /// A server of this test.
  static func loopback(
    _ port: Int, scheme: String = "ws", host: String = "127.0.0.1", target: String = ""
  ) throws -> RelayAddress {
    try RelayAddress("\(scheme)://\(host):\(port)\(target)")
  }
}

extension Endpoint {
  /// A server of this test.
  static func loopback(
    _ port: Int, scheme: String = "ws", host: String = "127.0.0.1", target: String = ""
  ) throws -> Endpoint {
    try RelayAddress.loopback(port, scheme: scheme, host: host, target: target).endpoint
  }
}
