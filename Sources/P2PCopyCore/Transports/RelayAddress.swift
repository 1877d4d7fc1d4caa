/// Where a relay is: a URL such as `wss://relay.example.org` or `ws://[::1]:8765/path`.
public struct RelayAddress: Hashable, Sendable, CustomStringConvertible {
  /// `ws`, `wss`, or what another transport serves; lower case.
  public let scheme: String

  /// A name or an address, without the brackets of an IPv6 literal.
  public let host: String

  /// The port.
  public let port: Int

  /// Path and query, beginning with `/`.
  public let target: String

  /// What ``description`` shows of ``target``: not what was appended.
  private let shownTarget: String

  /// Parses a URL.
  ///
  /// - Parameter text: `scheme://host[:port][/path]`. Without a port 443 is taken for `wss` and 80 for others.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  public init(_ text: String) throws(P2PCopyError) {
    func refuse(_ why: String) -> P2PCopyError {
      P2PCopyError(
        .usage,
        "'\(DisplayText.escaped(text.utf8))' is not a relay address: \(why); give one such as wss://relay.example.org")
    }
    guard let separator = text.firstRange(of: "://") else {
      throw P2PCopyError(
        .usage,
        "'\(DisplayText.escaped(text.utf8))' is not a relay address: its scheme is missing; write it with ws:// in front, or"
          + " wss:// for a relay with TLS, as in wss://relay.example.org")
    }
    let scheme = text[..<separator.lowerBound].lowercased()
    let isScheme = { (character: Character) in
      character.isASCII && (character.isLetter || character.isNumber || "+-.".contains(character))
    }
    guard !scheme.isEmpty, scheme.allSatisfy(isScheme) else {
      throw refuse("its scheme is malformed")
    }
    let rest = text[separator.upperBound...]
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    let authority = rest[..<authorityEnd]
    let afterAuthority = rest[authorityEnd...]
    guard !authority.contains("@") else { throw refuse("it must not contain a user name") }

    let parts: HostAndPort
    do throws(HostAndPort.Malformed) {
      parts = try HostAndPort(authority, ports: 1...65535)
    } catch {
      throw refuse(error.why)
    }
    var target = String(afterAuthority.prefix { $0 != "#" })
    guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw refuse("its path is malformed") }
    if target.first != "/" { target = "/" + target }

    self.scheme = scheme
    host = parts.host
    port = parts.port ?? (scheme == "wss" ? 443 : 80)
    self.target = target
    shownTarget = target
  }

  /// The same address with another item at the end of its query, which is sent and not shown.
  ///
  /// - Parameters:
  ///   - name: The item's name: letters, digits and what else needs no escaping in a URL.
  ///   - value: Its value, likewise.
  /// - Returns: The address.
  package func appendingQuery(_ name: String, _ value: String) -> RelayAddress {
    RelayAddress(
      scheme: scheme, host: host, port: port, target: target + (target.contains("?") ? "&" : "?") + name + "=" + value,
      shownTarget: shownTarget)
  }

  /// Takes an endpoint for the URL that it was made of.
  ///
  /// - Parameter endpoint: What ``endpoint`` gave, or another one that is written like a URL.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it is not.
  public init(_ endpoint: Endpoint) throws(P2PCopyError) {
    let whole = try RelayAddress("\(endpoint.scheme)://\(endpoint.address)")
    let shown = try RelayAddress(endpoint.description)
    self.init(
      scheme: whole.scheme, host: whole.host, port: whole.port, target: whole.target, shownTarget: shown.target)
  }

  /// What a transport connects to in order to reach the relay.
  public var endpoint: Endpoint {
    Endpoint(scheme: scheme, address: authority + target, description: description)
  }

  private init(scheme: String, host: String, port: Int, target: String, shownTarget: String) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.target = target
    self.shownTarget = shownTarget
  }

  /// The URL, always with its port, without what was appended to its query.
  public var description: String {
    "\(scheme)://\(authority)\(shownTarget == "/" ? "" : shownTarget)"
  }

  private var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
