/// Makes text from a peer safe for a log line: it can neither end the line nor act on a terminal.
enum LogText {
  /// ASCII letters, digits and the usual punctuation stay, everything else becomes `\u{…}`.
  static func escaped(_ text: some StringProtocol) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case " "..."~": result.unicodeScalars.append(scalar)
      default: result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      }
    }
    return result
  }

  /// The same for the bytes of a path: what is not valid UTF-8 becomes `\xFF`.
  static func escaped(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return escaped(text) }
    return bytes.map { byte in
      byte < 0x80
        ? escaped(String(UnicodeScalar(byte)))
        : "\\x" + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
