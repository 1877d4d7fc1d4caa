import Foundation
import P2PCopy
import P2PCopyCLI
import P2PCopyCore
import TestSupport
import Testing

@Suite("p2p-copy verify")
struct VerifyTests {
  let directory: String

  init() throws {
    directory = NSTemporaryDirectory() + "p2p-copy-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory + "/tree/d", withIntermediateDirectories: true)
  }

  /// Writes files and a receipt for them, changes the first `changed` of them, and removes everything after `body`.
  private func withTree(
    files: Int, changed: Int = 0, isComplete: Bool = true, _ body: (String, String) async throws -> Void
  ) async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let receipt = directory + "/receipt.json"
    let writer = try ReceiptWriter(file: LocalPath(receipt))
    writer.begin(role: .receiver, digest: "sha256")
    var digest = TreeDigest()
    var entries = [DeliveredEntry(path: Array("d".utf8), kind: .directory)]
    for number in 0..<files {
      let name = "d/\u{1B}file\(number)"
      try Data([number < changed ? 1 : 0]).write(to: URL(fileURLWithPath: directory + "/tree/" + name))
      entries.append(
        DeliveredEntry(path: Array(name.utf8), kind: .file, byteCount: 1, digest: TestDigest.of([0])))
    }
    for entry in entries {
      digest.add(entry)
      writer.append(entry)
    }
    try writer.finish(
      ReceiptTotals(
        fileCount: files, directoryCount: 1, byteCount: Int64(files), treeDigest: digest.value,
        isComplete: isComplete))
    try await body(directory + "/tree", receipt)
  }

  private func result(_ tree: String, _ receipt: String) throws -> ReceiptVerification.Result {
    try ReceiptVerification(receiptFile: receipt, codecs: TestDigest.registry).verify(directory: tree)
  }

  private func status(_ tree: String, _ receipt: String) async -> Int32 {
    await CommandLineTool.run(["verify", tree, receipt, "--quiet"], codecs: TestDigest.registry)
  }

  @Test("A tree that matches is status 0")
  func matches() async throws {
    try await withTree(files: 2) { tree, receipt in
      #expect(await status(tree, receipt) == 0)
      let result = try result(tree, receipt)
      #expect(VerificationReport.problemLines(result).isEmpty)
      #expect(VerificationReport.summary(result) == "checked 2 files, 1 directory, 2 B: everything matches")
    }
  }

  @Test("A difference is status 9 and named, safe to show")
  func differs() async throws {
    try await withTree(files: 3, changed: 1) { tree, receipt in
      #expect(await status(tree, receipt) == 9)
      let result = try result(tree, receipt)
      #expect(VerificationReport.problemLines(result) == ["differs: 'd/\\u{1B}file0' has other content"])
      #expect(VerificationReport.summary(result) == "checked 3 files, 1 directory, 3 B: 3 match, 1 differ")
    }
  }

  @Test("A hundred differences are named")
  func manyDiffer() async throws {
    try await withTree(files: 103, changed: 103) { tree, receipt in
      let lines = VerificationReport.problemLines(try result(tree, receipt))
      #expect(lines.count == 101)
      #expect(lines.last == "and 3 more")
    }
  }

  @Test("A receipt of a transfer that was not complete is status 14")
  func incomplete() async throws {
    try await withTree(files: 1, isComplete: false) { tree, receipt in
      #expect(await status(tree, receipt) == 14)
      let summary = VerificationReport.summary(try result(tree, receipt))
      #expect(summary.contains("not that of a complete transfer"))
    }
  }

  @Test("What is no receipt is status 2")
  func usage() async throws {
    try await withTree(files: 1) { tree, _ in
      #expect(await status(tree, tree + "/d/\u{1B}file0") == 2)
      #expect(await status(tree, tree + "/none") == 2)
    }
  }
}
