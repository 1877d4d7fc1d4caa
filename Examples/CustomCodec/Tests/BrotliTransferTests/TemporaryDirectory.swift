import Foundation

/// A folder of a test's own, removed when the test is over.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "brotli-p2p-copy-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of something inside.
  subscript(_ name: String) -> String { path + "/" + name }

  /// Writes a tree of text inside: large files, small ones, an empty one, folders in folders.
  ///
  /// - Returns: How many bytes its files have.
  @discardableResult
  func writeTextTree(_ name: String) throws -> Int {
    var text = SampleText()
    var files = ["empty.txt": ""]
    for number in 0..<3 { files["large/\(number).txt"] = text.next(wordCount: 300_000) }
    for number in 0..<40 {
      files["many/\(number % 4)/\(number).txt"] = text.next(wordCount: 50 + number)
    }
    var byteCount = 0
    for (file, text) in files {
      let url = URL(fileURLWithPath: self["\(name)/\(file)"])
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
      byteCount += text.utf8.count
    }
    return byteCount
  }

  /// Every file below a folder inside, with its bytes.
  func files(_ name: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: self[name]) {
      var isDirectory: ObjCBool = false
      let path = self["\(name)/\(file)"]
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue else {
        continue
      }
      files[file] = FileManager.default.contents(atPath: path)
    }
    return files
  }
}
