package import P2PCopyCore
import P2PCopyPlatform

/// Where to listen, as a person writes it: `192.0.2.7`, `0.0.0.0:8765`, `::`, `[::1]`, `[::1]:8765` or a name.
package struct ListenAddress: Hashable {
  /// A name or an address, without brackets; an address in its shortest form.
  package let host: String

  /// The port; 0, for a free one, when none is given.
  package let port: Int

  /// Takes an address apart.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package init(_ text: String) throws(P2PCopyError) {
    func refuse() -> P2PCopyError {
      P2PCopyError(
        .usage,
        "'\(DisplayText.escaped(text))' is not an address to listen on; give one such as 192.0.2.7, 0.0.0.0:8765 or"
          + " [::]:8765")
    }
    var host = text[...]
    var port: Substring?
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { throw refuse() }
      host = text[text.index(after: text.startIndex)..<close]
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.first == ":" else { throw refuse() }
      if !rest.isEmpty { port = rest.dropFirst() }
    } else if Self.shortest(text) == nil, let colon = text.lastIndex(of: ":") {
      (host, port) = (text[..<colon], text[text.index(after: colon)...])
      // What has more of them and is no address lacks the brackets, or is something else.
      guard !host.contains(":") else { throw refuse() }
    }
    guard !host.isEmpty else { throw refuse() }
    if let port {
      guard port.allSatisfy(\.isASCII), port.first?.isNumber == true, let number = UInt16(port) else { throw refuse() }
      self.port = Int(number)
    } else {
      self.port = 0
    }
    self.host = Self.shortest(String(host)) ?? String(host)
  }

  /// Whether it stands for every address of the machine.
  package var isEveryAddress: Bool { host == "0.0.0.0" || host == "::" }

  /// How this machine itself reaches what listens there.
  package var localHost: String {
    switch host {
    case "0.0.0.0": "127.0.0.1"
    case "::": "::1"
    default: host
    }
  }

  /// An IP address in its shortest form, with its zone if it has one; `nil` for anything else.
  private static func shortest(_ text: String) -> String? {
    let zone = text.firstIndex(of: "%").map { text[$0...] } ?? ""
    let bare = String(text.dropLast(zone.count))
    for family in zone.isEmpty ? [AF_INET, AF_INET6] : [AF_INET6] {
      var address = in6_addr()
      guard inet_pton(family, bare, &address) == 1 else { continue }
      var shown = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      guard inet_ntop(family, &address, &shown, socklen_t(shown.count)) != nil else { return nil }
      return String(decoding: shown.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + zone
    }
    return nil
  }
}
