/// Where a site's proxy is, through which everything has to go that leaves it: `http://proxy.example.org:3128`,
/// `http://user:password@proxy:3128`, `socks5://localhost:1080`.
public struct ProxyAddress: Hashable, Sendable {
  /// What a proxy speaks.
  public enum Kind: String, Hashable, Sendable {
    /// HTTP, with the method CONNECT (RFC 9110, section 9.3.6).
    case http
    /// SOCKS 5 (RFC 1928). The proxy looks names up.
    case socks5
  }

  /// What it speaks.
  public let kind: Kind

  /// A name or an address, without the brackets of an IPv6 literal.
  public let host: String

  /// The port.
  public let port: Int

  /// The user's name, where one is given. Never shown.
  public let user: String?

  /// The user's password, where one is given. Never shown.
  public let password: String?

  /// Parses a URL, or a host alone, as curl does.
  ///
  /// - Parameter text: `[scheme://][user[:password]@]host[:port]`; without a scheme it is `http`, without a port 1080. User and
  ///   password may be percent-encoded.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``. What was given is not in the message: it may have a
  ///   password.
  public init(_ text: String) throws(P2PCopyError) {
    func refuse(_ why: String) -> P2PCopyError {
      P2PCopyError(
        .usage, "the proxy's address cannot be used: \(why); give one such as http://proxy.example.org:3128")
    }
    var rest = text[...]
    var kind = Kind.http
    if let separator = text.firstRange(of: "://") {
      let scheme = text[..<separator.lowerBound].lowercased()
      guard let known = Self.kinds[scheme] else {
        throw refuse(
          "proxies of the kind '\(DisplayText.escaped(scheme.utf8.prefix(20)))' are not known, only http and socks5")
      }
      kind = known
      rest = text[separator.upperBound...]
    }
    rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    var credentials: Substring?
    if let at = rest.lastIndex(of: "@") {
      credentials = rest[..<at]
      rest = rest[rest.index(after: at)...]
    }
    let parts: HostAndPort
    do throws(HostAndPort.Malformed) {
      parts = try HostAndPort(rest, ports: 1...65535)
    } catch {
      throw refuse(error.why)
    }
    self.kind = kind
    host = parts.host
    port = parts.port ?? 1080
    guard let credentials else {
      (user, password) = (nil, nil)
      return
    }
    guard kind == .http else { throw refuse("a SOCKS proxy that wants a user and a password is not supported") }
    let both = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = Self.decode(both[0]), let password = both.count > 1 ? Self.decode(both[1]) : "" else {
      throw refuse("its user or password is not percent-encoded as it must be")
    }
    (self.user, self.password) = (user, password)
  }

  private static let kinds: [String: Kind] = ["http": .http, "socks5": .socks5, "socks5h": .socks5]

  /// - Returns: `nil` when something behind a `%` is no byte, or the bytes are no UTF-8.
  private static func decode(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension ProxyAddress: CustomStringConvertible {
  /// The URL without user and password.
  public var description: String { "\(kind.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

/// Which proxy connections go through.
public enum ProxyChoice: Hashable, Sendable {
  /// The one that the environment names for the address, as curl reads it: `https_proxy` (`wss`), `http_proxy` (`ws`),
  /// `all_proxy`, and what `no_proxy` excepts.
  case environment
  /// None.
  case none
  /// This one, for everything.
  case address(ProxyAddress)
}
