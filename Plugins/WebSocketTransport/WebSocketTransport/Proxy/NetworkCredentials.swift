import P2PCopyPlatform

/// User and password for a host, as `.netrc` has them: `machine proxy.example.org login me password secret`.
package struct NetworkCredentials: Equatable {
  /// The largest file that is read.
  private static let maximumByteCount = 1 << 20

  package let user: String
  package let password: String

  package init(user: String, password: String) {
    self.user = user
    self.password = password
  }

  /// Looks a host up in the file that `NETRC` names, otherwise in `~/.netrc`.
  ///
  /// - Returns: `nil` when there is no such file, or nothing in it for the host.
  static func find(for host: String) -> NetworkCredentials? {
    let path: String
    if let named = getenv("NETRC") {
      path = String(cString: named)
    } else if let home = getenv("HOME") {
      path = String(cString: home) + "/.netrc"
    } else {
      return nil
    }
    guard let text = read(path) else { return nil }
    return find(for: host, in: text)
  }

  /// Looks a host up in the text of such a file. `default` stands for every host.
  package static func find(for host: String, in text: String) -> NetworkCredentials? {
    var words = text.split(whereSeparator: \.isNewline).flatMap { line -> [Substring] in
      let words = line.split(whereSeparator: \.isWhitespace)
      // A comment begins a line; a password may have a #.
      return words.first?.first == "#" ? [] : words
    }[...]
    var isHost = false
    var (user, password): (Substring?, Substring?) = (nil, nil)
    while let word = words.popFirst() {
      switch word {
      case "machine":
        if isHost { words = [] } else { isHost = words.popFirst()?.lowercased() == host.lowercased() }
      case "default": if isHost { words = [] } else { isHost = true }
      case "login":
        let value = words.popFirst()
        if isHost { user = value }
      case "password":
        let value = words.popFirst()
        if isHost { password = value }
      case "account": if words.popFirst() == nil { return nil }
      // What a macro has goes up to an empty line, which is not seen any more: nothing behind one is looked at.
      case "macdef": words = []
      default: break
      }
    }
    guard let user, let password else { return nil }
    return NetworkCredentials(user: String(user), password: String(password))
  }

  private static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= maximumByteCount {
      let count = piece.withUnsafeMutableBytes { P2PCopyPlatform.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    return bytes.count <= maximumByteCount ? String(decoding: bytes, as: UTF8.self) : nil
  }
}
