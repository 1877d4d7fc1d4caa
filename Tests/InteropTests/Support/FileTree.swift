/// Every file below a folder, with its bytes.
struct FileTree: Sendable {
  var files: [FilePath: [UInt8]] = [:]

  init(files: [FilePath: [UInt8]]) {
    self.files = files
  }

  /// Reads what is below a folder.
  init(readingFrom root: String) throws {
    try add("", below: root)
  }

  /// Writes all of it below a folder.
  func write(below root: String) throws {
    for (path, bytes) in files { try RawFile.write(bytes, to: root + "/" + path.text) }
  }

  /// What another tree has instead, one line a file, empty when both are the same.
  func differences(to other: FileTree) -> [String] {
    var lines: [String] = []
    for path in Set(files.keys).union(other.files.keys).sorted() {
      switch (files[path], other.files[path]) {
      case (let mine?, let theirs?) where mine != theirs:
        let first = zip(mine, theirs).enumerated().first { $1.0 != $1.1 }?.offset ?? min(mine.count, theirs.count)
        lines.append("\(path): \(theirs.count) bytes instead of \(mine.count), different from byte \(first) on")
      case (.some, nil): lines.append("\(path): missing")
      case (nil, .some(let theirs)):
        lines.append("\(path): \(theirs.count) bytes too many: there should be no such file")
      default: break
      }
    }
    return lines
  }

  private mutating func add(_ prefix: String, below root: String) throws {
    for name in try RawFile.names(in: root + "/" + prefix) {
      let path = prefix + name
      if RawFile.isDirectory(root + "/" + path) {
        try add(path + "/", below: root)
      } else {
        files[FilePath(path)] = try RawFile.read(root + "/" + path)
      }
    }
  }
}

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
