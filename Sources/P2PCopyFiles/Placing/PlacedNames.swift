import P2PCopyCore

/// The paths that a transfer has put something at, to find out whether another spelling of one leads to the same thing.
///
/// Of each path there is a number only, made of how the least particular file system would read it. Where it is found
/// again, the directory says whether it tells the spellings apart: if it does it has both.
struct PlacedNames {
  /// How many directories are remembered as telling spellings apart.
  private static let maximumDirectoryCount = 256

  private var hashes: Set<Int> = []
  private var exactingDirectories: Set<[UInt8]> = []

  /// Something was put at a path.
  package mutating func insert(_ path: RelativePath) {
    hashes.insert(Self.folded(path.bytes).hashValue)
  }

  /// Whether what is found by a path was put there by this transfer, by this or another spelling.
  ///
  /// - Parameters:
  ///   - path: The path, which leads to something.
  ///   - output: The directory it is in.
  /// - Returns: Whether it was; also when the directory cannot be asked.
  package mutating func contains(_ path: RelativePath, in output: OutputDirectory) -> Bool {
    guard hashes.contains(Self.folded(path.bytes).hashValue) else { return false }
    let parent = Array(path.parent)
    guard !exactingDirectories.contains(parent) else { return false }
    guard Self.isExacting(path, output) else { return true }
    if exactingDirectories.count >= Self.maximumDirectoryCount { exactingDirectories.removeAll(keepingCapacity: true) }
    exactingDirectories.insert(parent)
    return false
  }

  /// Whether one of the directories on the way has two spellings of what the path names there.
  private static func isExacting(_ path: RelativePath, _ output: OutputDirectory) -> Bool {
    let bytes = path.bytes
    for end in bytes.indices.filter({ bytes[$0] == UInt8(ascii: "/") }) + [bytes.count] {
      guard let prefix = try? RelativePath(validating: Array(bytes[..<end])),
        let directory = try? output.directory(of: prefix, creating: false)
      else { return false }
      if hasOtherSpelling(of: prefix.name, directory) { return true }
    }
    return false
  }

  private static func hasOtherSpelling(of name: ArraySlice<UInt8>, _ directory: DirectoryHandle) -> Bool {
    let wanted = folded(name)
    // What cannot be listed is taken for the less particular kind: a conflict is better than a loss.
    let stream = ".".utf8.withCString {
      try? DirectoryStream(opening: $0, relativeTo: directory.descriptor.number, followLinks: true)
    }
    var count = 0
    var found: [UInt8] = []
    while let stream, count < 2, (try? stream.appendNextName(to: &found)) == true {
      if folded(found) == wanted { count += 1 }
      found.removeAll(keepingCapacity: true)
    }
    return count == 2
  }

  /// The name as the least particular file system reads it: without case, encoding of accents, and dots and blanks at the
  /// end of a component.
  private static func folded(_ name: some Collection<UInt8>) -> String {
    // Swift compares and hashes text by what it means, so that both encodings of an accent are one.
    var bytes: [UInt8] = []
    for byte in name {
      if byte == UInt8(ascii: "/") { trimEnd(of: &bytes) }
      bytes.append(byte)
    }
    trimEnd(of: &bytes)
    return String(decoding: bytes, as: UTF8.self).uppercased().lowercased()
  }

  private static func trimEnd(of bytes: inout [UInt8]) {
    while let last = bytes.last, last == UInt8(ascii: ".") || last == UInt8(ascii: " ") { bytes.removeLast() }
  }
}
