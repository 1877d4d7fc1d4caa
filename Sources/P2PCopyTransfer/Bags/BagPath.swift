/// How a manifest writes a path (RFC 8493, section 2.1.3): `%`, line feed and carriage return as a percent sign and two digits.
enum BagPath {
  static func encode(_ path: String) -> String {
    path.unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "%": text += "%25"
      case "\n": text += "%0A"
      case "\r": text += "%0D"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }

  static func decode(_ text: Substring) -> String {
    var path = ""
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      let code = rest.prefix(2).map(String.init).joined().uppercased()
      switch (scalar, code) {
      case ("%", "25"): path += "%"
      case ("%", "0A"): path += "\n"
      case ("%", "0D"): path.unicodeScalars.append("\r")
      default:
        path.unicodeScalars.append(scalar)
        continue
      }
      rest = rest.dropFirst(2)
    }
    return path
  }
}
