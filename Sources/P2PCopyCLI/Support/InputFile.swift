import P2PCopyCore
import P2PCopyPlatform

/// A file that the command line names, read whole.
enum InputFile {
  /// Reads it; `-` stands for standard input.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes that are accepted.
  /// - Returns: Its bytes.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  static func read(_ path: LocalPath, limit: Int) throws(P2PCopyError) -> [UInt8] {
    func fail(_ why: String) -> P2PCopyError {
      P2PCopyError(.usage, "cannot read '\(path)': \(why)")
    }
    let descriptor = path == "-" ? STDIN_FILENO : path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw fail(String(cString: strerror(errno))) }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &block, block.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fail(String(cString: strerror(errno))) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: block[..<count])
      guard bytes.count <= limit else { throw fail("it is larger than \(limit) bytes") }
    }
  }
}
