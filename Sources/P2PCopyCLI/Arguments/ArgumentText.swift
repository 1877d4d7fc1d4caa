/// Arguments as the parser takes them: the parser wants `String`, and arguments are bytes, which a `String` would repair.
///
/// ASCII stays as it is, and every other byte becomes a private-use scalar of its own, U+10FF00 + byte. Each byte has one
/// scalar and each scalar one byte, so nothing is lost and no two arguments become one. It is every byte beyond ASCII and
/// not only those of invalid sequences, because Swift compares and splits by characters: in `--out=` and a name that
/// begins with a combining mark there would be no `=`.
package enum ArgumentText {
  private static let base: UInt32 = 0x10FF00

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
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if (base + 0x80...base + 0xFF).contains(scalar.value) {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar)?.map(\.self) ?? [])
      }
    }
    return bytes
  }
}
