import Glibc
import TestSupport

/// A file that takes seconds to send and no room on the disk: some bytes, then a hole of two gigabytes.
struct LargeFile: Sendable {
  static let name = "large.bin"

  let directory: TemporaryDirectory

  /// Makes the file.
  init() throws {
    directory = try TemporaryDirectory(isInMemory: false)
    try RawFile.write(TestContent.random(8 << 20, seed: 31), to: path)
    try setSize(2 << 30)
  }

  /// Cuts the file to what a second try can send quickly.
  ///
  /// - Parameter byteCount: The new size.
  /// - Returns: What is left.
  /// - Throws: An error when the file cannot be cut or read.
  func cut(to byteCount: Int) throws -> FileTree {
    try setSize(byteCount)
    return try FileTree(readingFrom: directory.path)
  }

  private var path: String { directory.path + "/" + Self.name }

  private func setSize(_ byteCount: Int) throws {
    guard truncate(path, byteCount) == 0 else { throw SystemCallError("cannot set the size of \(path)") }
  }
}
