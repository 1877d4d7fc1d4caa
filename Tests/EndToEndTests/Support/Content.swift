import Foundation
import Glibc
import TestSupport
import Testing

/// The files that tests send, and what there is to say about what arrived.
enum Content {
  /// Everything below a folder: files with their bytes, symbolic links with their target, folders with nothing. Partial
  /// files as well, a receiver's journal not.
  static func tree(_ root: String) throws -> [String: [UInt8]] {
    var tree: [String: [UInt8]] = [:]
    guard let names = FileManager.default.enumerator(atPath: root) else { return tree }
    for case let name as String in names where name != ".p2p-copy-journal" {
      let path = "\(root)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else { throw SystemCallError("cannot look at \(path)") }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: tree[name + "/"] = []
      case S_IFLNK: tree[name] = Array("-> \(try FileManager.default.destinationOfSymbolicLink(atPath: path))".utf8)
      default: tree[name] = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      }
    }
    return tree
  }

  /// Expects two folders to hold the same.
  static func expectSame(_ first: String, _ second: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (first, second) = (try tree(first), try tree(second))
    #expect(first.keys.sorted() == second.keys.sorted(), sourceLocation: sourceLocation)
    let different = first.filter { second[$0.key] != $0.value }.keys.sorted()
    #expect(different == [], "different content", sourceLocation: sourceLocation)
  }

  /// A file's bytes; `nil` when there is none.
  static func bytes(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map(Array.init)
  }

  /// Whether two files hold the same. A truth value, since an expectation that fails prints its operands.
  static func isSame(_ first: String, _ second: String) -> Bool {
    guard let first = bytes(first), let second = bytes(second) else { return false }
    return first == second
  }

  /// A file's size; `nil` when there is none.
  static func size(_ path: String) -> Int? {
    var status = stat()
    return lstat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// Where a file lies while it is incomplete.
  static func partial(_ name: String, in directory: String) -> String { "\(directory)/.\(name).p2p-copy-partial" }
}
