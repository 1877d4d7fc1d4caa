import FoundationEssentials

/// A folder of a test's own, removed with everything in it when nobody holds it any more.
package final class TemporaryDirectory: Sendable {
  package let path: String

  /// Makes the folder.
  ///
  /// - Parameter isInMemory: Whether it lies in memory, where that is possible: every receiver has what it received written to
  ///   disk before it says so. Not for what is large.
  /// - Throws: When it cannot be made.
  package init(isInMemory: Bool = true) throws {
    let memory = "/dev/shm"
    let parent =
      isInMemory && FileManager.default.isWritableFile(atPath: memory)
      ? memory : FileManager.default.temporaryDirectory.path
    path = parent + "/p2p-copy-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      // What was received may deny even its owner.
      Self.open(path)
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// Lets the owner into a folder and all below it.
  private static func open(_ folder: String) {
    try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      let path = folder + "/" + name
      let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
      if type == .typeDirectory { open(path) }
    }
  }

  /// The path of something inside.
  package func path(_ name: String) -> String { path + "/" + name }

  /// Makes a folder inside.
  @discardableResult
  package func makeDirectory(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    return path(name)
  }

  /// Writes a file inside, with its folders.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = path(name)
    let parent = file[..<(file.lastIndex(of: "/") ?? file.startIndex)]
    try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }

  /// The bytes of a file inside, or `nil` when there is none.
  package func read(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path(name)).map { Array($0) }
  }

  /// Every file below a folder inside with its bytes, by relative path, but for a receiver's journal.
  package func tree(_ name: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    let root = path(name)
    for relative in try FileManager.default.subpathsOfDirectory(atPath: root) {
      var isDirectory = false
      guard FileManager.default.fileExists(atPath: root + "/" + relative, isDirectory: &isDirectory), !isDirectory,
        relative != ".p2p-copy-journal"
      else { continue }
      files[relative] = FileManager.default.contents(atPath: root + "/" + relative).map { Array($0) }
    }
    return files
  }
}
