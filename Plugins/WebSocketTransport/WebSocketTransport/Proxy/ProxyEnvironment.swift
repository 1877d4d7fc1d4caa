package import P2PCopyCore
import P2PCopyPlatform

/// The proxy that the environment names, as curl reads it.
package struct ProxyEnvironment {
  private let variables: (String) -> String?

  /// - Parameter variables: The value of a variable; that of the process unless it is given.
  package init(variables: @escaping (String) -> String? = { getenv($0).map { String(cString: $0) } }) {
    self.variables = variables
  }

  /// The proxy for a relay.
  ///
  /// `http_proxy` counts in lower case only: a web server gives a request's header `Proxy` to what it starts as `HTTP_PROXY`.
  ///
  /// - Returns: `nil` for none.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when a variable has something that is no proxy; it is
  ///   named.
  package func proxy(for relay: RelayAddress) throws(P2PCopyError) -> ProxyAddress? {
    let names = relay.scheme == "wss" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
    guard let (name, value) = first(of: names + ["all_proxy", "ALL_PROXY"]) else { return nil }
    guard !isExcepted(relay.host) else { return nil }
    do throws(P2PCopyError) {
      return try ProxyAddress(value)
    } catch {
      throw P2PCopyError(error.code, "\(name): \(error.message)", remedy: .changeProxy)
    }
  }

  private func first(of names: [String]) -> (name: String, value: String)? {
    for name in names {
      if let value = variables(name), !value.isEmpty { return (name, value) }
    }
    return nil
  }

  /// Whether `no_proxy` excepts a host: by its name, a domain that it is in, a network, or `*`.
  private func isExcepted(_ host: String) -> Bool {
    guard let list = first(of: ["no_proxy", "NO_PROXY"])?.value else { return false }
    let host = Self.plain(host.lowercased()[...])
    return list.lowercased().split(whereSeparator: { $0 == "," || $0.isWhitespace }).contains { pattern in
      if pattern == "*" { return true }
      if let network = Network(pattern) { return network.contains(host) }
      let domain = Self.plain(pattern.first == "." ? pattern.dropFirst() : pattern)
      return !domain.isEmpty && (host == domain || host.hasSuffix("." + domain))
    }
  }

  /// A name without the dot at its end, an address without brackets.
  private static func plain(_ name: Substring) -> String {
    var name = name
    if name.first == "[", name.last == "]" { name = name.dropFirst().dropLast() }
    if name.last == "." { name = name.dropLast() }
    return String(name)
  }
}

/// A network such as `10.0.0.0/8` or `fd00::/8`, or one address.
private struct Network {
  private let bytes: [UInt8]
  private let bitCount: Int

  init?(_ text: Substring) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bytes = Self.bytes(of: String(parts[0])) else { return nil }
    guard parts.count == 1 || Int(parts[1]).map({ (0...bytes.count * 8).contains($0) }) == true else { return nil }
    self.bytes = bytes
    bitCount = parts.count == 1 ? bytes.count * 8 : Int(parts[1]) ?? 0
  }

  func contains(_ host: String) -> Bool {
    guard let address = Self.bytes(of: host), address.count == bytes.count else { return false }
    return (0..<bitCount).allSatisfy { bit in
      let mask = UInt8(0x80) >> UInt8(bit % 8)
      return address[bit / 8] & mask == bytes[bit / 8] & mask
    }
  }

  private static func bytes(of text: String) -> [UInt8]? {
    for (family, byteCount) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: byteCount)
      if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }
}
