import P2PCopyCore

/// The names under which something is kept beside what has its name: `name (1).extension`, `name (2).extension`, …
package enum NumberedName {
  /// The highest number that is tried.
  package static let maximumNumber = 10_000

  /// The longest extension that is told apart from the name, in bytes.
  private static let maximumExtensionByteCount = 32

  /// The name with a number, cut so that it still fits.
  ///
  /// - Parameters:
  ///   - name: The name that is taken.
  ///   - number: From 1.
  ///   - isDirectory: Whether it is that of a directory, which has no extension.
  /// - Returns: At most 255 bytes.
  package static func make(_ name: ArraySlice<UInt8>, _ number: Int, isDirectory: Bool = false) -> [UInt8] {
    let fileExtension = isDirectory ? [] : fileExtension(of: name)
    let mark = Array(" (\(number))".utf8)
    let room = RelativePath.maximumComponentByteCount - mark.count - fileExtension.count
    return cut(name.dropLast(fileExtension.count), to: room) + mark + fileExtension
  }

  /// The beginning of a name that fits, without half a character at its end.
  ///
  /// - Parameters:
  ///   - name: The name. One that is not UTF-8 is cut anywhere.
  ///   - byteCount: How long it may be.
  /// - Returns: All of the name when it fits.
  package static func cut(_ name: some Collection<UInt8>, to byteCount: Int) -> [UInt8] {
    guard name.count > byteCount else { return Array(name) }
    guard let text = String(validating: name, as: UTF8.self) else { return Array(name.prefix(byteCount)) }
    var end = text.startIndex
    var room = byteCount
    for character in text {
      room -= character.utf8.count
      guard room >= 0 else { break }
      end = text.index(after: end)
    }
    if end > text.startIndex { return Array(text[..<end].utf8) }
    // One character of many scalars fills it all: between two of these, then.
    var bytes = Array(name.prefix(byteCount + 1))
    while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
    return bytes
  }

  /// What stays at the end: `.txt`, and `.tar.gz` as a whole. A dot at the beginning makes a hidden file, no extension, and
  /// what has blanks in it is part of a sentence.
  private static func fileExtension(of name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let dot = UInt8(ascii: ".")
    guard let start = name.dropFirst().lastIndex(of: dot) else { return [] }
    let last = name[start...]
    guard last.count <= maximumExtensionByteCount, !last.contains(UInt8(ascii: " ")) else { return [] }
    let stem = name[..<start]
    let isArchive = stem.count > 4 && stem.suffix(4).map { $0 | 0x20 } == Array(".tar".utf8)
    return isArchive ? name[(start - 4)...] : last
  }
}
