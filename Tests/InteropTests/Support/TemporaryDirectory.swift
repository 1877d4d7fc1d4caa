import Foundation

/// A folder of a test's own, removed with everything in it when nobody holds it any more.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/p2p-copy-interop-" + UUID().uuidString
    try RawFile.makeDirectory(path)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Makes a folder inside.
  func directory(_ name: String) throws -> String {
    try RawFile.makeDirectory(path + "/" + name)
    return path + "/" + name
  }
}
