import P2PCopyCore

/// The paths of a list of what to send (`--files-from`), below one directory.
struct SourceList {
  private static let slash = UInt8(ascii: "/")

  /// Normalised, none twice, and sorted component by component: a directory is followed by everything in it. An empty
  /// path is the whole directory.
  package let paths: [[UInt8]]

  /// Checks the lines of a list. Empty lines say nothing.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` for a line that leads out of the directory.
  package init(_ lines: [LocalPath]) throws(P2PCopyError) {
    var paths: [[UInt8]] = []
    paths.reserveCapacity(lines.count)
    for (index, line) in lines.enumerated() where !line.bytes.isEmpty {
      paths.append(try Self.normalised(line.bytes, number: index + 1))
    }
    paths.sort(by: Self.precedes)
    var distinct: [[UInt8]] = []
    distinct.reserveCapacity(paths.count)
    for path in paths where distinct.last != path { distinct.append(path) }
    self.paths = distinct
  }

  /// Whether a path is a directory or anything below it. Everything is below the empty path.
  package static func covers(_ directory: some Collection<UInt8>, _ path: some Collection<UInt8>) -> Bool {
    guard !directory.isEmpty else { return true }
    guard path.starts(with: directory) else { return false }
    return path.count == directory.count || path.dropFirst(directory.count).first == slash
  }

  private static func normalised(_ line: [UInt8], number: Int) throws(P2PCopyError) -> [UInt8] {
    func refuse(_ why: String) -> P2PCopyError {
      P2PCopyError(
        .usage,
        "line \(number) of the list, '\(DisplayText.escaped(line.prefix(300)))', \(why);"
          + " give paths relative to the directory that is sent; nothing was sent")
    }
    guard line.first != slash else { throw refuse("is absolute") }
    guard !line.contains(0) else { throw refuse("contains a NUL byte") }
    var result: [UInt8] = []
    result.reserveCapacity(line.count)
    for component in line.split(separator: slash) where !component.elementsEqual(".".utf8) {
      guard !component.elementsEqual("..".utf8) else { throw refuse("has a component '..'") }
      if !result.isEmpty { result.append(slash) }
      result += component
    }
    return result
  }

  /// The order of bytes, but `/` before every other: what is in a directory comes right behind it.
  private static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    for index in 0..<min(one.count, other.count) where one[index] != other[index] {
      if one[index] == slash { return true }
      if other[index] == slash { return false }
      return one[index] < other[index]
    }
    return one.count < other.count
  }
}
