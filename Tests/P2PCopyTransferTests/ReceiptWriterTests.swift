import Foundation
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import TestSupport
import Testing

@Suite("Writing receipts")
struct ReceiptWriterTests {
  private func json(_ tree: ReceiptTree) throws -> [String: Any] {
    let data = try #require(FileManager.default.contents(atPath: tree.receipt))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test("It is JSON with everything in it, one line for each entry, and safe to show")
  func content() throws {
    var tree = try ReceiptTree.sample()
    tree.failures = [
      EntryFailure(path: "bad\u{202E}", error: P2PCopyError(.destinationUnwritable, "disk\u{7} \"full\""))
    ]
    tree.isComplete = false
    try tree.writeReceipt()
    let json = try json(tree)
    #expect(json["format"] as? String == "p2p-copy receipt 1")
    #expect(json["role"] as? String == "receiver")
    #expect(json["digest_algorithm"] as? String == "sha256")
    #expect((json["created"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
    #expect(json["files"] as? Int == 14)
    #expect(json["directories"] as? Int == 2)
    #expect(json["links"] as? Int == 2)
    #expect(json["bytes"] as? Int64 == (3 << 20) + 17 + Int64(ReceiptTree.oddNames.count))
    #expect(json["complete"] as? Bool == false)
    #expect(json["tree_digest"] as? String == Hex.encode(tree.totals.treeDigest))
    #expect(json["sender_chain"] as? String == String(repeating: "01", count: 32))
    #expect(json["receiver_chain"] == nil)
    let failures = try #require(json["failures"] as? [[String: String]])
    #expect(
      failures == [["shown_path": #"bad\u{202E}"#, "code": "destination-unwritable", "message": "disk\u{7} \"full\""]])
    #expect(json["failure_count"] as? Int == 1)

    let entries = try #require(json["entries"] as? [[String: Any]])
    #expect(entries.count == tree.entries.count)
    for (entry, expected) in zip(entries, tree.entries) {
      let path = (entry["path"] as? String).map { Array($0.utf8) } ?? (entry["path_hex"] as? String).flatMap(Hex.decode)
      #expect(path == expected.path)
      #expect(entry["kind"] as? String == expected.kind.rawValue)
      switch expected.kind {
      case .file:
        #expect(entry["size"] as? Int64 == expected.byteCount)
        #expect(entry["digest"] as? String == Hex.encode(expected.digest))
        #expect(entry["mode"] as? String == "0640")
        #expect(entry["mtime"] as? String == "1700000000.000000042")
      case .directory: #expect(entry["mode"] as? String == "4755")
      case .symbolicLink:
        let target = entry["target"] as? String ?? (entry["target_hex"] as? String)
        #expect(target == "../large" || target == "2ffe0a")
      }
    }

    let text = try String(contentsOfFile: tree.receipt, encoding: .utf8)
    #expect(text.split(separator: "\n").count { $0.contains("\"kind\":") } == tree.entries.count)
    #expect(!text.unicodeScalars.contains { $0 != "\n" && !DisplayText.isHarmless($0) })
  }

  @Test(
    "Times before 1970 are written as they are",
    arguments: [
      (0, 0, "0.000000000"), (-1, 0, "-1.000000000"), (-1, 500_000_000, "-0.500000000"), (-5, 1, "-4.999999999"),
      (Int64.min, 999_999_999, "-9223372036854775807.000000001"), (1, .max, "1.999999999"),
    ] as [(Int64, UInt32, String)])
  func times(seconds: Int64, nanoseconds: UInt32, text: String) throws {
    var tree = try ReceiptTree()
    tree.entries = [
      DeliveredEntry(
        path: [0x61], kind: .directory, modificationSeconds: seconds, modificationNanoseconds: nanoseconds)
    ]
    try tree.writeReceipt()
    let entries = try json(tree)["entries"] as? [[String: Any]]
    #expect(entries?.first?["mtime"] as? String == text)
  }

  @Test("It is for its owner only, and appears when it is complete")
  func takenNames() throws {
    let directory = try TemporaryDirectory()
    try directory.write([1], to: "receipt")
    do {
      let writer = try ReceiptWriter(file: LocalPath(directory.path("receipt")))
      writer.begin(role: .sender, digest: "sha256")
      for _ in 0..<10_000 { writer.append(DeliveredEntry(path: [0x61], kind: .directory)) }
      #expect(directory.read("receipt") == [1])
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 2)
    }
    // It never finished: nothing of it is left.
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["receipt"])
    #expect(directory.read("receipt") == [1])

    let writer = try ReceiptWriter(file: LocalPath(directory.path("receipt")))
    writer.begin(role: .sender, digest: "sha256")
    try writer.finish(ReceiptTotals(treeDigest: TreeDigest().value, isComplete: true))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["receipt"])
    let attributes = try FileManager.default.attributesOfItem(atPath: directory.path("receipt"))
    #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o177 } == 0)
  }

  @Test("What is no place for a file is refused, and nothing is replaced by accident")
  func refused() throws {
    let directory = try TemporaryDirectory()
    try directory.makeDirectory("folder")
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("link"), withDestinationPath: directory.path("folder"))
    for name in ["", "folder", "folder/", "link", "/dev/null", "folder/.."] {
      let path = name.hasPrefix("/") || name.isEmpty ? name : directory.path(name)
      let error = #expect(throws: P2PCopyError.self) { _ = try ReceiptWriter(file: LocalPath(path)) }
      #expect(error?.code == .usage)
    }
    let error = #expect(throws: P2PCopyError.self) {
      _ = try ReceiptWriter(file: LocalPath(directory.path("missing/receipt")))
    }
    #expect(error?.code == .destinationUnwritable)
    #expect(error?.message.contains("missing/receipt") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["folder", "link"])
  }

  @Test("Failures are kept up to a limit and counted beyond")
  func manyFailures() throws {
    let tree = try ReceiptTree()
    let writer = try ReceiptWriter(file: LocalPath(tree.receipt))
    writer.begin(role: .receiver, digest: "sha256")
    let error = P2PCopyError(.destinationExists, String(repeating: "x", count: 5000))
    for _ in 0...ReceiptWriter.maximumFailureCount { writer.append(failure: EntryFailure(path: "a", error: error)) }
    try writer.finish(tree.totals)
    let json = try json(tree)
    #expect(json["failure_count"] as? Int == ReceiptWriter.maximumFailureCount + 1)
    let failures = try #require(json["failures"] as? [[String: String]])
    #expect(failures.count == ReceiptWriter.maximumFailureCount)
    #expect(failures.last?["message"]?.count == 500)
  }

  @Test("What goes wrong meanwhile is an error at the end, which names the file")
  func lateErrors() throws {
    let directory = try TemporaryDirectory()
    try directory.makeDirectory("gone")
    let writer = try ReceiptWriter(file: LocalPath(directory.path("gone/receipt")))
    #expect(throws: P2PCopyError.self) { try writer.finish(ReceiptTotals(treeDigest: [], isComplete: true)) }
    writer.begin(role: .sender, digest: "sha256")
    try FileManager.default.removeItem(atPath: directory.path("gone"))
    let error = #expect(throws: P2PCopyError.self) {
      try writer.finish(ReceiptTotals(treeDigest: [], isComplete: true))
    }
    #expect(error?.code == .destinationUnwritable)
    #expect(error?.message.contains("gone/receipt") == true)
  }
}
