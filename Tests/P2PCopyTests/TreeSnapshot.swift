import Glibc

/// Everything there is to know about a tree but for a receiver's journal, found with system calls of this file alone.
struct TreeSnapshot: Equatable {
  /// One thing in it.
  struct Entry: Equatable {
    var kind: String
    var mode: UInt32
    var seconds: Int
    var nanoseconds: Int
    /// Of a file.
    var content: [UInt8] = []
    /// Of a symbolic link.
    var target: [UInt8] = []
  }

  private(set) var entries: [[UInt8]: Entry] = [:]

  /// Looks at a tree.
  ///
  /// - Parameters:
  ///   - root: Where it is.
  ///   - followsLinks: Whether to take what links lead to in their place.
  ///   - skipsLinks: Whether to leave links out.
  init(of root: String, followingLinks followsLinks: Bool = false, skippingLinks skipsLinks: Bool = false) {
    walk(Array(root.utf8), [], followsLinks: followsLinks, skipsLinks: skipsLinks)
  }

  private mutating func walk(_ root: [UInt8], _ path: [UInt8], followsLinks: Bool, skipsLinks: Bool) {
    let full = (root + (path.isEmpty ? [] : [0x2F] + path)).map { CChar(bitPattern: $0) } + [0]
    var status = stat()
    guard (followsLinks ? stat(full, &status) : lstat(full, &status)) == 0 else {
      entries[path] = Entry(kind: "missing", mode: 0, seconds: 0, nanoseconds: 0)
      return
    }
    var entry = Entry(
      kind: "other", mode: status.st_mode & 0o7777, seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      entry.kind = "directory"
      for name in Self.names(in: full) {
        walk(root, path.isEmpty ? name : path + [0x2F] + name, followsLinks: followsLinks, skipsLinks: skipsLinks)
      }
    case S_IFREG:
      entry.kind = "file"
      entry.content = Self.content(of: full, byteCount: Int(status.st_size))
    case S_IFLNK:
      if skipsLinks { return }
      entry.kind = "link"
      var target = [UInt8](repeating: 0, count: 4096)
      let count = target.withUnsafeMutableBytes { target in
        readlink(full, target.baseAddress!.assumingMemoryBound(to: CChar.self), target.count)
      }
      entry.target = Array(target[..<max(0, count)])
    default: break
    }
    entries[path] = entry
  }

  private static func names(in directory: [CChar]) -> [[UInt8]] {
    guard let stream = opendir(directory) else { return [Array("unreadable".utf8)] }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let item = readdir(stream) {
      let name = withUnsafeBytes(of: &item.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != [0x2E], name != [0x2E, 0x2E], name != Array(".p2p-copy-journal".utf8) { names.append(name) }
    }
    return names
  }

  private static func content(of file: [CChar], byteCount: Int) -> [UInt8] {
    let descriptor = open(file, O_RDONLY)
    guard descriptor >= 0 else { return Array("unreadable".utf8) }
    defer { close(descriptor) }
    // One more, so that a file that is too long is noticed.
    return [UInt8](unsafeUninitializedCapacity: byteCount + 1) { buffer, count in
      while count <= byteCount {
        let result = read(descriptor, buffer.baseAddress! + count, byteCount + 1 - count)
        if result <= 0 { break }
        count += result
      }
    }
  }

  /// The entries with modes as a receiver sets them unless it is told otherwise.
  var withoutSetID: TreeSnapshot {
    var copy = self
    for path in copy.entries.keys where copy.entries[path]?.kind != "link" { copy.entries[path]?.mode &= 0o1777 }
    return copy
  }

  /// What differs, for a person.
  func differences(from other: TreeSnapshot) -> [String] {
    Set(entries.keys).union(other.entries.keys).compactMap { path in
      let left = entries[path]
      let right = other.entries[path]
      guard left != right else { return nil }
      func shown(_ entry: Entry?) -> String {
        guard let entry else { return "missing" }
        return "\(entry.kind) \(String(entry.mode, radix: 8)) \(entry.seconds).\(entry.nanoseconds)"
          + " \(entry.content.count) bytes -> \(String(decoding: entry.target, as: UTF8.self))"
      }
      return "\(String(decoding: path, as: UTF8.self).debugDescription): \(shown(left)), \(shown(right))"
    }
  }
}
