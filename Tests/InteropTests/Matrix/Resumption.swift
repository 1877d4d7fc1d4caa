/// Whether the sender says `--resume`, and what the receiver has before.
enum Resumption: String, CaseIterable, Sendable {
  case off
  case nothing
  case prefix
  case mismatch
  case everything

  /// What is in the receiver's output directory when the transfer of a tree begins.
  func destination(for tree: FileTree) -> FileTree {
    let paths = tree.files.keys.sorted()
    var files: [FilePath: [UInt8]] = [:]
    for (index, path) in paths.enumerated() {
      guard let bytes = tree.files[path] else { continue }
      files[path] =
        switch self {
        case .off, .nothing: nil
        case .everything: bytes
        case .prefix: Self.prefix(of: bytes, index)
        case .mismatch: Self.different(from: bytes, index)
        }
    }
    return FileTree(files: files)
  }

  /// A proper prefix, of another kind of length for each index, and now and then none.
  private static func prefix(of bytes: [UInt8], _ index: Int) -> [UInt8]? {
    let mebibyte = 1 << 20
    let lengths = [1, bytes.count / 2, bytes.count - 1, mebibyte, mebibyte + 1, 5 * mebibyte + 77, 0]
    let length = min(lengths[index % lengths.count], bytes.count - 1)
    return length > 0 ? Array(bytes.prefix(length)) : nil
  }

  /// Something else: as long, longer, shorter, or of one byte; longer by something that begins with all of the file.
  private static func different(from bytes: [UInt8], _ index: Int) -> [UInt8] {
    guard let first = bytes.first else { return [1, 2, 3, 4, 5] }
    let flipped = [~first] + bytes.dropFirst()
    return switch index % 5 {
    case 0: flipped
    case 1: bytes + [0]
    case 2: Array(flipped.prefix(max(1, bytes.count / 3)))
    case 3: Array(bytes.dropLast()) + [~bytes[bytes.count - 1]]
    default: [~first]
    }
  }
}
