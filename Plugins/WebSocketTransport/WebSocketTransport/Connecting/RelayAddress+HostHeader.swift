import P2PCopyCore

extension RelayAddress {
  /// The value of the HTTP header `Host`: without the port where it is the scheme's own (RFC 9110, section 7.2).
  var hostHeader: String {
    let shownHost = host.contains(":") ? "[\(host)]" : host
    let isDefault = port == (scheme == "wss" ? 443 : 80)
    return isDefault ? shownHost : "\(shownHost):\(port)"
  }
}
