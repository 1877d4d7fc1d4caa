/// Makes text from outside safe to show: in a terminal, in a log, in an error message.
///
/// File names may hold escape sequences that repaint a terminal, newlines that forge log lines and bidirectional
/// overrides that turn `gpj.exe` around. What is shown is escaped; the file itself keeps its bytes.
public enum DisplayText {
  /// The text with everything that could act on a terminal replaced by a visible escape.
  ///
  /// - Parameter bytes: Any bytes, meant as UTF-8.
  /// - Returns: Printable text: control characters as `\n`, `\t`, `\u{1B}`, invalid UTF-8 as `\xFF`, a backslash as
  ///   `\\`, so that two different names never look the same by escaping.
  public static func escaped(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    if isPlain(bytes) { return String(decoding: bytes, as: UTF8.self) }
    if let text = String(validating: bytes, as: UTF8.self) { return escaped(text) }
    var result = ""
    var rest = bytes[...]
    while let first = rest.first {
      let scalarLength = (1...4).first { length in
        rest.count >= length && String(validating: rest.prefix(length), as: UTF8.self) != nil
      }
      if let scalarLength {
        result += escaped(String(decoding: rest.prefix(scalarLength), as: UTF8.self))
        rest = rest.dropFirst(scalarLength)
      } else {
        result += "\\x" + Hex.encode([first]).uppercased()
        rest = rest.dropFirst()
      }
    }
    return result
  }

  /// The name of an entry that a peer announced, shortened; says so when it is empty, so that no line is about nothing.
  package static func entry(_ path: [UInt8]) -> String {
    path.isEmpty ? "(an empty name)" : escaped(path.prefix(300))
  }

  /// The same for a message of another p2p-copy, which has escaped what it names already: a backslash stays one.
  package static func escapedOnce(_ bytes: some Sequence<UInt8>) -> String {
    escaped(bytes).replacing(#"\\"#, with: #"\"#)
  }

  /// The same for text that is already valid Unicode.
  public static func escaped(_ text: String) -> String {
    if isPlain(text.utf8) { return text }
    var result = ""
    for scalar in text.unicodeScalars { append(scalar, to: &result) }
    return result
  }

  /// Whether there is nothing to escape: printable ASCII without a backslash, which most names are.
  private static func isPlain(_ bytes: some Sequence<UInt8>) -> Bool {
    bytes.allSatisfy { 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }
  }

  private static func append(_ scalar: Unicode.Scalar, to result: inout String) {
    switch scalar {
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _ where isHarmless(scalar): result.unicodeScalars.append(scalar)
    default: result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
    }
  }

  /// Whether a character shows as itself and does nothing else.
  package static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }
}
