import NIOCore

extension SocketAddress {
  /// `127.0.0.1:80`, `[::1]:80`.
  var hostAndPort: String {
    guard let ipAddress, let port else { return LogText.escaped(description) }
    return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
  }
}
