import Glibc
import P2PCopyTesting
import TestSupport

/// Makes directory trees that are the same for the same seed, with everything in names, sizes, kinds, modes and times
/// that is awkward.
struct RandomTree {
  /// Which symbolic links it has.
  enum Links {
    case any
    /// Only such as lead to a file.
    case toFiles
  }

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private static let sizes = [
    0, 1, 255, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20,
  ]

  private static let awkwardNames: [[UInt8]] = [
    Array("new\nline".utf8), [0xFF, 0xFE, 0x80], Array("-rf".utf8), Array(".hidden".utf8), Array("…ünï 名前 🦆".utf8),
    Array("e\u{301}".utf8), Array("é".utf8), Array(" ".utf8), Array("\\".utf8), Array("a:b*?\"<>|".utf8),
    Array("\u{1B}[2J\r\u{202E}".utf8), Array("...".utf8), Array("tab\t".utf8), [0x01], [0x7F], Array("CON".utf8),
    Array("name.p2p-copy-partial".utf8), Array(".p2p-copy-partial".utf8), Array("x (1)".utf8),
  ]

  private var state: UInt64
  private let links: Links
  private let root: [UInt8]

  /// Every file made so far, relative to the root.
  private var files: [[UInt8]] = []
  /// What gets its times once everything is there, children first.
  private var directories: [(path: [UInt8], mode: UInt32)] = []

  /// Makes a tree.
  ///
  /// - Parameters:
  ///   - root: Where; must not be there.
  ///   - seed: What it looks like.
  ///   - links: Which links it has.
  /// - Throws: What the system says when something cannot be made.
  static func make(at root: String, seed: UInt64, links: Links = .any) throws {
    var tree = RandomTree(root: Array(root.utf8), seed: seed, links: links)
    try tree.directory([], depth: 0, entryCount: 22)
    for directory in tree.directories.reversed() {
      try tree.check(tree.withPath(directory.path) { chmod($0, directory.mode) })
      try tree.setTime(directory.path)
    }
  }

  private init(root: [UInt8], seed: UInt64, links: Links) {
    self.root = root
    self.links = links
    state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  private mutating func random(_ limit: Int) -> Int {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return Int((state &* 0x2545_F491_4F6C_DD1D) >> 33) % limit
  }

  private func withPath<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let bytes = (root + (path.isEmpty ? [] : [0x2F] + path)).map { CChar(bitPattern: $0) } + [0]
    return bytes.withUnsafeBufferPointer { body($0.baseAddress!) }
  }

  private func check(_ result: Int32) throws {
    guard result >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
  }

  private mutating func name() -> [UInt8] {
    switch random(5) {
    case 0, 1: return Self.awkwardNames[random(Self.awkwardNames.count)]
    case 2: return (0..<255).map { _ in UInt8(97 + random(26)) }
    default:
      let count = 1 + random(20)
      return (0..<count).map { _ in
        let byte = UInt8(1 + random(255))
        return byte == 0x2F ? 0x5F : byte
      }
    }
  }

  private mutating func directory(_ path: [UInt8], depth: Int, entryCount: Int) throws {
    try check(withPath(path) { mkdir($0, 0o700) })
    let modes: [UInt32] = [0o755, 0o700, 0o555, 0o1777, 0o2775, 0o500]
    directories.append((path, modes[random(modes.count)]))
    var names: Set<[UInt8]> = [Array(".".utf8), Array("..".utf8)]
    for _ in 0..<entryCount {
      let name = name()
      guard names.insert(name).inserted else { continue }
      let child = path.isEmpty ? name : path + [0x2F] + name
      switch random(10) {
      case 0 where depth < 3, 1 where depth < 3: try directory(child, depth: depth + 1, entryCount: random(7))
      case 2: try link(child, depth: depth)
      default: try file(child)
      }
    }
  }

  private mutating func file(_ path: [UInt8]) throws {
    // Large ones are rarer: half of the files have less than a kilobyte.
    let byteCount = random(2) == 0 ? random(1000) : Self.sizes[random(Self.sizes.count)]
    var content =
      random(3) == 0
      ? TestContent.compressible(byteCount) : TestContent.random(byteCount, seed: UInt64(random(1 << 30)))
    if byteCount > 0, random(3) == 0 {
      let start = random(byteCount)
      for index in start..<min(byteCount, start + 1 + random(byteCount)) { content[index] = 0 }
    }
    let descriptor = withPath(path) { open($0, O_WRONLY | O_CREAT | O_EXCL, 0o600) }
    try check(descriptor)
    defer { close(descriptor) }
    guard write(descriptor, content, content.count) == content.count else {
      throw Failure(description: "a file was not written")
    }
    // A file that its owner cannot read only the superuser can send.
    let modes: [UInt32] = [0o644, 0o600, 0o755, 0o4755, 0o2755, 0o1644, 0o444, 0o400, getuid() == 0 ? 0 : 0o400]
    try check(fchmod(descriptor, modes[random(modes.count)]))
    try setTime(path)
    files.append(path)
  }

  private mutating func link(_ path: [UInt8], depth: Int) throws {
    let upwards = Array(String(repeating: "../", count: depth).utf8)
    var target: [UInt8]
    if let file = files.isEmpty ? nil : files[random(files.count)], links == .toFiles || random(2) == 0 {
      target = upwards + file
    } else if links == .toFiles {
      return
    } else {
      target = upwards + Array("nothing there \(random(100))".utf8)
      if random(4) == 0 { target = Array(".".utf8) }
      if random(4) == 0 { target.append(0xFF) }
    }
    let made = target.map { CChar(bitPattern: $0) } + [0]
    try check(withPath(path) { path in made.withUnsafeBufferPointer { symlink($0.baseAddress!, path) } })
    try setTime(path)
  }

  private mutating func setTime(_ path: [UInt8]) throws {
    let seconds = random(3) == 0 ? -random(1_000_000_000) : random(1_900_000_000)
    let times = [
      timespec(tv_sec: 0, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: random(1_000_000_000)),
    ]
    try check(withPath(path) { utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) })
  }
}
