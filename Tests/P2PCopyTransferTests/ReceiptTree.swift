import Foundation
import Glibc
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import TestSupport

/// A tree on disk with a receipt that fits it.
struct ReceiptTree {
  let directory: TemporaryDirectory
  var entries: [DeliveredEntry] = []
  var failures: [EntryFailure] = []
  var isComplete = true

  var root: String { directory.path("tree") }
  var receipt: String { directory.path("receipt.json") }

  init() throws {
    directory = try TemporaryDirectory()
    try directory.makeDirectory("tree")
  }

  /// Files, directories and links with ordinary and odd names.
  static func sample() throws -> ReceiptTree {
    var tree = try ReceiptTree()
    try tree.addFile("empty", [])
    try tree.addFile("large", TestContent.random((3 << 20) + 17, seed: 1))
    try tree.addDirectory("sub")
    try tree.addDirectory("sub/nothing here")
    for (index, name) in Self.oddNames.enumerated() {
      try tree.addFile(bytes: Array("sub/".utf8) + name, [UInt8(index)])
    }
    try tree.addLink("sub/link", to: Array("../large".utf8))
    try tree.addLink("dangling", to: [0x2F, 0xFE, 0x0A])
    return tree
  }

  static let oddNames: [[UInt8]] = [
    Array("back\\slash".utf8), Array("new\nline".utf8), Array("\\n".utf8), Array("a\rb".utf8), Array("quote\"'".utf8),
    Array(" *x".utf8),
    Array("tab\tbell\u{7}".utf8), Array("gpj\u{202E}exe".utf8), Array("\u{1F511}\u{E000}\u{F0000}".utf8),
    [0x66, 0xFF, 0xFE], Array("-c".utf8), Array("e\u{301}".utf8),
  ]

  mutating func addFile(_ name: String, _ content: [UInt8]) throws { try addFile(bytes: Array(name.utf8), content) }

  mutating func addFile(bytes name: [UInt8], _ content: [UInt8]) throws {
    try write(content, to: name)
    entries.append(
      DeliveredEntry(
        path: name, kind: .file, byteCount: Int64(content.count), digest: TestDigest.of(content), mode: 0o640,
        modificationSeconds: 1_700_000_000, modificationNanoseconds: 42))
  }

  mutating func addDirectory(_ name: String) throws {
    try directory.makeDirectory("tree/" + name)
    entries.append(DeliveredEntry(path: Array(name.utf8), kind: .directory, mode: 0o4755))
  }

  mutating func addLink(_ name: String, to target: [UInt8]) throws {
    let path = root + "/" + name
    let result = (target.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { symlink($0.baseAddress!, path) }
    guard result == 0 else { throw CocoaError(.fileWriteUnknown) }
    entries.append(DeliveredEntry(path: Array(name.utf8), kind: .symbolicLink, target: target))
  }

  /// Writes a file below the tree, whatever bytes its name has.
  func write(_ content: [UInt8], to name: [UInt8]) throws {
    let path = (Array(root.utf8) + [0x2F] + name).map { CChar(bitPattern: $0) } + [0]
    guard let file = path.withUnsafeBufferPointer({ fopen($0.baseAddress!, "w") }) else {
      throw CocoaError(.fileWriteUnknown)
    }
    defer { fclose(file) }
    guard fwrite(content, 1, content.count, file) == content.count else { throw CocoaError(.fileWriteUnknown) }
  }

  var totals: ReceiptTotals {
    var digest = TreeDigest()
    for entry in entries { digest.add(entry) }
    return ReceiptTotals(
      fileCount: entries.count { $0.kind == .file }, directoryCount: entries.count { $0.kind == .directory },
      linkCount: entries.count { $0.kind == .symbolicLink }, byteCount: entries.reduce(0) { $0 + $1.byteCount },
      treeDigest: digest.value, isComplete: isComplete, senderChain: [UInt8](repeating: 1, count: 32))
  }

  func writeReceipt(_ totals: ReceiptTotals? = nil) throws {
    let writer = try ReceiptWriter(file: LocalPath(receipt))
    writer.begin(role: .receiver, digest: "sha256")
    for entry in entries { writer.append(entry) }
    for failure in failures { writer.append(failure: failure) }
    try writer.finish(totals ?? self.totals)
  }

  func verify() throws -> ReceiptVerification.Result {
    try ReceiptVerification(receiptFile: receipt, codecs: TestDigest.registry).verify(directory: root)
  }
}
