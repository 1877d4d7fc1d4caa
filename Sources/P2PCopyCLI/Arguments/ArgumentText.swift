import P2PCopyCore

/// Arguments as the parser takes them: the parser wants `String`, and arguments are bytes, which a `String` would repair.
///
/// ASCII stays as it is, and every other byte becomes a private-use scalar of its own, U+10FF00 + byte. Each byte has one
/// scalar and each scalar one byte, so nothing is lost and no two arguments become one. It is every byte beyond ASCII and
/// not only those of invalid sequences, because Swift compares and splits by characters: in `--out=` and a name that
/// begins with a combining mark there would be no `=`.
///
/// A code is not among them: where one stood there is a placeholder, of scalars that no argument becomes.
package enum ArgumentText {
  private static let base: UInt32 = 0x10FF00
  private static let placeholderStart: Unicode.Scalar = "\u{10FE00}"
  private static let placeholderEnd: Unicode.Scalar = "\u{10FE01}"

  /// The text for the parser.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes {
      guard byte >= 0x80, let scalar = Unicode.Scalar(base + UInt32(byte)) else {
        text.append(Unicode.Scalar(byte))
        continue
      }
      text.append(scalar)
    }
    return String(text)
  }

  /// The bytes behind a text from the parser. Text that was never an argument, such as a default, is taken as UTF-8.
  package static func decode(_ text: some StringProtocol) -> [UInt8] {
    decode(text.unicodeScalars)
  }

  /// A text from the parser for a person: what was typed is escaped, and a code is `[code]`.
  package static func shown(_ text: String) -> String { DisplayText.escaped(shownBytes(text)) }

  private static func shownBytes(_ text: String) -> [UInt8] {
    var rest = text.unicodeScalars[...]
    var bytes: [UInt8] = []
    while let start = rest.firstIndex(of: placeholderStart) {
      bytes += decode(rest[..<start]) + Array("[code]".utf8)
      let end = rest[start...].firstIndex(of: placeholderEnd) ?? rest.index(before: rest.endIndex)
      rest = rest[rest.index(after: end)...]
    }
    return bytes + decode(rest)
  }

  /// What was typed, as text, for what is text and no path; a code is `[code]`.
  static func text(_ text: String) -> String {
    String(decoding: shownBytes(text), as: UTF8.self)
  }

  /// The text that stands for a code.
  static func placeholder(_ index: Int) -> String {
    var text = String.UnicodeScalarView([placeholderStart])
    text.append(contentsOf: String(index).unicodeScalars)
    text.append(placeholderEnd)
    return String(text)
  }

  /// The number of the code that a text stands for; `nil` when it is not a placeholder and nothing else.
  static func placeholderIndex(_ text: String) -> Int? {
    let scalars = text.unicodeScalars
    guard scalars.first == placeholderStart, scalars.last == placeholderEnd else { return nil }
    return Int(String(scalars.dropFirst().dropLast()))
  }

  private static func decode(_ scalars: some Sequence<Unicode.Scalar>) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in scalars {
      if (base + 0x80...base + 0xFF).contains(scalar.value) {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar)?.map(\.self) ?? [])
      }
    }
    return bytes
  }
}
