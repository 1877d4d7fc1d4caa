import Foundation
import Glibc
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import TestSupport
import Testing

@Suite("Verifying receipts")
struct ReceiptVerificationTests {
  typealias What = ReceiptVerification.Problem.What

  @Test("A tree that is as it was matches, and more in it does no harm")
  func matches() throws {
    let tree = try ReceiptTree.sample()
    try tree.writeReceipt()
    try tree.write([1], to: Array("more".utf8))
    let verification = try ReceiptVerification(receiptFile: tree.receipt, codecs: TestDigest.registry)
    #expect(verification.isComplete)
    #expect(verification.entryCount == tree.entries.count)
    var last = TransferProgress()
    let result = try verification.verify(directory: tree.root) { progress in
      #expect(progress.byteCount >= last.byteCount && progress.byteCount <= progress.totalByteCount)
      last = progress
    }
    #expect(result.error == nil)
    #expect(result.problems.isEmpty && result.problemCount == 0)
    #expect(result.matchingCount == tree.entries.count)
    #expect(result.treeDigest == tree.totals.treeDigest)
    #expect(last.byteCount == tree.totals.byteCount && last.totalByteCount == last.byteCount)
    #expect(last.fileCount == tree.entries.count && last.totalFileCount == last.fileCount)
    #expect(last.transferredByteCount == tree.totals.byteCount)
  }

  private func expectProblem(
    _ path: String, _ what: What, after change: (ReceiptTree) throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tree = try ReceiptTree.sample()
    try tree.writeReceipt()
    try change(tree)
    let result = try tree.verify()
    #expect(
      result.problems.contains { $0.path.description == path && $0.what == what }, "\(result.problems)",
      sourceLocation: sourceLocation)
    #expect(result.matchingCount + result.problemCount == tree.entries.count, sourceLocation: sourceLocation)
    #expect(result.error?.code == .checksumMismatch, sourceLocation: sourceLocation)
  }

  @Test("Every kind of difference is found and named")
  func differences() throws {
    let manager = FileManager.default
    try expectProblem("empty", .missing) { try manager.removeItem(atPath: $0.root + "/empty") }
    try expectProblem("empty", .size) { try $0.write([1], to: Array("empty".utf8)) }
    try expectProblem("large", .digest) { tree in
      var content = TestContent.random((3 << 20) + 17, seed: 1)
      content[content.count - 1] ^= 1
      try tree.write(content, to: Array("large".utf8))
    }
    try expectProblem("large", .wrongKind) { tree in
      try manager.moveItem(atPath: tree.root + "/large", toPath: tree.root + "/moved")
      try manager.createSymbolicLink(atPath: tree.root + "/large", withDestinationPath: "moved")
    }
    try expectProblem("empty", .wrongKind) { tree in
      try manager.removeItem(atPath: tree.root + "/empty")
      #expect(mkfifo(tree.root + "/empty", 0o600) == 0)
    }
    try expectProblem("sub/nothing here", .wrongKind) { tree in
      try manager.removeItem(atPath: tree.root + "/sub/nothing here")
      try tree.write([], to: Array("sub/nothing here".utf8))
    }
    try expectProblem("sub/link", .linkTarget) { tree in
      try manager.removeItem(atPath: tree.root + "/sub/link")
      try manager.createSymbolicLink(atPath: tree.root + "/sub/link", withDestinationPath: "../large2")
    }
    try expectProblem("sub/new\\nline", .digest) { try $0.write([200], to: Array("sub/new\nline".utf8)) }
    try expectProblem("sub/f\\xFF\\xFE", .digest) { try $0.write([200], to: Array("sub/f".utf8) + [0xFF, 0xFE]) }
    // The same content behind a link is not inside the tree.
    try expectProblem("sub/-c", .missing) { tree in
      try manager.moveItem(atPath: tree.root + "/sub", toPath: tree.directory.path("sub"))
      try manager.createSymbolicLink(atPath: tree.root + "/sub", withDestinationPath: tree.directory.path("sub"))
    }
  }

  @Test("A file that cannot be read is a problem, the others are checked", .enabled(if: getuid() != 0))
  func unreadable() throws {
    try expectProblem("large", .unreadable) { #expect(chmod($0.root + "/large", 0) == 0) }
  }

  @Test("Problems are named up to a limit and counted beyond")
  func manyProblems() throws {
    var tree = try ReceiptTree()
    for number in 0..<(ReceiptVerification.maximumProblemCount + 5) {
      tree.entries.append(DeliveredEntry(path: Array("d\(number)".utf8), kind: .directory))
    }
    try tree.writeReceipt()
    let result = try tree.verify()
    #expect(result.problemCount == tree.entries.count)
    #expect(result.problems.count == ReceiptVerification.maximumProblemCount)
  }

  @Test("A receipt that does not fit itself is noticed")
  func inconsistent() throws {
    let tree = try ReceiptTree.sample()
    for change in [
      { $0.treeDigest[0] ^= 1 }, { $0.fileCount += 1 }, { $0.byteCount += 1 }, { $0.linkCount += 1 },
      { $0.directoryCount = 0 },
    ] as [(inout ReceiptTotals) -> Void] {
      var totals = tree.totals
      change(&totals)
      try tree.writeReceipt(totals)
      let result = try tree.verify()
      #expect(result.problemCount == 0)
      #expect(!result.isReceiptConsistent)
      #expect(result.error?.code == .checksumMismatch)
    }
  }

  @Test("A receipt of a transfer that was not complete is said to be so")
  func incomplete() throws {
    var tree = try ReceiptTree.sample()
    tree.isComplete = false
    tree.failures = [EntryFailure(path: "x", error: P2PCopyError(.destinationExists, "x"))]
    try tree.writeReceipt()
    let result = try tree.verify()
    #expect(result.problemCount == 0 && !result.isReceiptComplete)
    #expect(result.error?.code == .incomplete)
    #expect(result.error?.message.contains("1 entries failed") == true)
  }

  @Test("A missing directory, receipt or digest is an error that names it")
  func missing() throws {
    let tree = try ReceiptTree.sample()
    try tree.writeReceipt()
    var error = #expect(throws: P2PCopyError.self) {
      try ReceiptVerification(receiptFile: tree.receipt, codecs: TestDigest.registry).verify(directory: "/nowhere")
    }
    #expect(error?.code == .usage && error?.message.contains("/nowhere") == true)
    #expect(!FileManager.default.fileExists(atPath: "/nowhere"))
    error = #expect(throws: P2PCopyError.self) {
      _ = try ReceiptVerification(receiptFile: tree.root + "/none", codecs: TestDigest.registry)
    }
    #expect(error?.code == .usage && error?.message.contains("/none") == true)
    error = #expect(throws: P2PCopyError.self) {
      _ = try ReceiptVerification(receiptFile: tree.receipt, codecs: CodecRegistry())
    }
    #expect(error?.code == .noCommonCodec && error?.message.contains("sha256") == true)
  }

  @Test("Another program's spelling of the same JSON is read as well")
  func reformatted() throws {
    let tree = try ReceiptTree.sample()
    try tree.writeReceipt()
    let data = try #require(FileManager.default.contents(atPath: tree.receipt))
    let object = try JSONSerialization.jsonObject(with: data)
    try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted])
      .write(to: URL(fileURLWithPath: tree.receipt))
    #expect(try tree.verify().error == nil)
  }

  // MARK: - Hostile receipts

  static let digest = String(repeating: "ab", count: 32)

  private func receipt(entries: String, format: String = ReceiptWriter.format, more: String = "") -> String {
    """
    {"format":"\(format)","digest_algorithm":"sha256","entries":[\(entries)],"files":0,"directories":0,"links":0,\
    "bytes":0,"tree_digest":"00"\(more),"complete":true}
    """
  }

  private func expectRefused(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(Array(text.utf8), to: "receipt.json")
    let error = #expect(throws: P2PCopyError.self, sourceLocation: sourceLocation) {
      _ = try ReceiptVerification(receiptFile: path, codecs: TestDigest.registry)
    }
    #expect(error?.code == .usage, sourceLocation: sourceLocation)
    #expect(error?.message.contains("receipt.json") == true, sourceLocation: sourceLocation)
    #expect(error?.message.unicodeScalars.allSatisfy(DisplayText.isHarmless) == true, sourceLocation: sourceLocation)
  }

  @Test(
    "Entries that no receipt has are refused",
    arguments: [
      #"{"path":"../x","kind":"directory"}"#, #"{"path":"/etc","kind":"directory"}"#,
      #"{"path":"a/../../b","kind":"directory"}"#, #"{"path":"","kind":"directory"}"#,
      #"{"path":"a\u0000b","kind":"directory"}"#, #"{"path_hex":"2f","kind":"directory"}"#,
      #"{"path_hex":"6","kind":"directory"}"#, #"{"path":"a","path_hex":"61","kind":"directory"}"#,
      #"{"kind":"directory"}"#, #"{"path":"a"}"#, #"{"path":"a","kind":"socket"}"#, #"{"path":1,"kind":"directory"}"#,
      #"{"path":"a","kind":"file","size":-1,"digest":"\#(digest)"}"#,
      #"{"path":"a","kind":"file","size":1.5,"digest":"\#(digest)"}"#,
      #"{"path":"a","kind":"file","size":9223372036854775808,"digest":"\#(digest)"}"#,
      #"{"path":"a","kind":"file","size":1}"#, #"{"path":"a","kind":"file","digest":"\#(digest)"}"#,
      #"{"path":"a","kind":"file","size":1,"digest":""}"#, #"{"path":"a","kind":"file","size":1,"digest":"abab"}"#,
      #"{"path":"a","kind":"file","size":1,"digest":"xy"}"#,
      #"{"path":"a","kind":"file","size":9223372036854775807,"digest":"\#(digest)"},"#
        + #"{"path":"b","kind":"file","size":1,"digest":"\#(digest)"}"#,
      #"{"path":"a","kind":"symbolic_link"}"#, #"{"path":"a","kind":"symbolic_link","target":""}"#,
      #"{"path":"a\ud800","kind":"directory"}"#, #"{"path":"a\udc00","kind":"directory"}"#,
      #"{"path":"a\ud800\u0061","kind":"directory"}"#, #"{"path":"a\x","kind":"directory"}"#,
      #"{"path":"a\u00g0","kind":"directory"}"#, "[]", "1", "null", "{", #"{"path":"a","kind":"directory"},"#,
      "{\"path\":\"a\u{1B}\",\"kind\":\"directory\"}", #"{"path":"x\u001b[2J/..","kind":"directory"}"#,
    ])
  func badEntry(entries: String) throws {
    try expectRefused(receipt(entries: entries))
  }

  @Test("Files that are no receipts are refused")
  func noReceipts() throws {
    let good = receipt(entries: "")
    let accepted = try TemporaryDirectory()
    let path = try accepted.write(Array(good.utf8), to: "receipt.json")
    _ = try ReceiptVerification(receiptFile: path, codecs: TestDigest.registry)

    for length in 0..<good.utf8.count { try expectRefused(String(good.prefix(length))) }
    try expectRefused(good + "x")
    try expectRefused(receipt(entries: "", format: "p2p-copy receipt 2"))
    try expectRefused(receipt(entries: "", format: "\\u001b]0;x\\u0007"))
    try expectRefused(receipt(entries: "", more: #","entries":[]"#))
    try expectRefused(receipt(entries: "", more: #","x":\#(String(repeating: "[", count: 100_000))"#))
    try expectRefused(receipt(entries: "", more: #","x":"\#(String(repeating: "x", count: 100_000))""#))
    try expectRefused(receipt(entries: "", more: #","x":\#(String(repeating: "1", count: 100_000))"#))
    for key in ["format", "digest_algorithm", "entries", "files", "bytes", "tree_digest", "complete"] {
      try expectRefused(good.replacing("\"\(key)\"", with: "\"other\""))
    }
  }

  @Test("What it does not know is skipped")
  func unknownKeys() throws {
    let more = #","x":[{"a":[1,-2.5e+3,true,false,null,"\"\\\/\b\f\n\r\tÿ"]},{}],"y":[]"#
    let directory = try TemporaryDirectory()
    let text = receipt(entries: #"{"path":"\u0061\ud83d\udd11","kind":"directory","new":{"a":1}}"#, more: more)
    let path = try directory.write(Array(text.utf8), to: "receipt.json")
    let verification = try ReceiptVerification(receiptFile: path, codecs: TestDigest.registry)
    let result = try verification.verify(directory: directory.path)
    #expect(result.problems.map(\.path) == ["a🔑"])
  }

  @Test("A pipe or directory in place of a receipt is refused and does not hang")
  func notAFile() throws {
    let directory = try TemporaryDirectory()
    #expect(mkfifo(directory.path("fifo"), 0o600) == 0)
    for path in [directory.path("fifo"), directory.path, "/dev/null", ""] {
      let error = #expect(throws: P2PCopyError.self) {
        _ = try ReceiptVerification(receiptFile: path, codecs: TestDigest.registry)
      }
      #expect(error?.code == .usage)
    }
  }

  @Test("A check stops when its task is cancelled")
  func cancelled() async throws {
    let tree = try ReceiptTree.sample()
    try tree.writeReceipt()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try tree.verify().problemCount
    }
    let error = await #expect(throws: P2PCopyError.self) { _ = try await task.value }
    #expect(error?.code == .cancelled)
  }
}
