/// A path below some folder, equal to another only when both have the same bytes: `String` holds composed and decomposed
/// letters for the same, file systems do not.
struct FilePath: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  let bytes: [UInt8]

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  init(stringLiteral text: String) {
    self.init(text)
  }

  /// The path as text.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  var description: String { text.debugDescription }

  static func < (left: FilePath, right: FilePath) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}
