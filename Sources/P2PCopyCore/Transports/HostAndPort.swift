/// A host and perhaps a port, as URLs have them: `relay.example.org:443`, `[::1]:8765`, `10.0.0.1`.
package struct HostAndPort: Hashable, Sendable {
  /// Why a text is none, to go on behind a colon.
  package struct Malformed: Error {
    package let why: String

    package init(why: String) {
      self.why = why
    }
  }

  /// A name or an address, without the brackets of an IPv6 literal.
  package let host: String

  /// The port, where there is one.
  package let port: Int?

  /// Takes a text apart.
  ///
  /// - Parameters:
  ///   - text: All of it counts.
  ///   - ports: The ports that are allowed.
  /// - Throws: ``Malformed``.
  package init(_ text: Substring, ports: ClosedRange<Int>) throws(Malformed) {
    let host: Substring
    var portText: Substring?
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { throw Malformed(why: "the ']' of its host is missing") }
      host = text[text.index(after: text.startIndex)..<close]
      let afterHost = text[text.index(after: close)...]
      if afterHost.first == ":" {
        portText = afterHost.dropFirst()
      } else if !afterHost.isEmpty {
        throw Malformed(why: "its host is malformed")
      }
    } else {
      guard text.count(where: { $0 == ":" }) < 2 else {
        throw Malformed(why: "an IPv6 address stands in brackets, such as [::1]:8765")
      }
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      host = parts[0]
      if parts.count > 1 { portText = parts[1] }
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), host.utf8.count <= 255 else {
      throw Malformed(why: "its host is missing or malformed")
    }
    self.host = String(host)
    guard let portText else {
      port = nil
      return
    }
    guard let number = Int(portText), ports.contains(number),
      portText.utf8.first.map({ (0x30...0x39).contains($0) }) == true
    else {
      throw Malformed(why: "its port is not a number from \(ports.lowerBound) to \(ports.upperBound)")
    }
    port = number
  }
}
