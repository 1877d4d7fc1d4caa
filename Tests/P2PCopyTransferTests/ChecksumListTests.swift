import Foundation
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import TestSupport
import Testing

@Suite("Lists of checksums")
struct ChecksumListTests {
  /// Runs the real tool.
  private func check(_ list: String, in directory: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = ["--check", "--strict", list]
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  @Test(
    "sha256sum accepts them, whatever the names are",
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/sha256sum")))
  func coreutils() throws {
    let tree = try ReceiptTree.sample()
    let list = tree.directory.path("SHA256SUMS")
    let writer = try ChecksumListWriter(file: LocalPath(list))
    for entry in tree.entries { writer.append(entry) }
    try writer.finish()
    var result = try check(list, in: tree.root)
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.split(separator: "\n").count { $0.hasSuffix(": OK") } == tree.totals.fileCount)

    for name in ReceiptTree.oddNames { try tree.write([99], to: Array("sub/".utf8) + name) }
    result = try check(list, in: tree.root)
    #expect(result.status == 1)
    #expect(result.output.split(separator: "\n").count { $0.hasSuffix(": FAILED") } == ReceiptTree.oddNames.count)
  }

  @Test("A list that is not finished leaves nothing")
  func unfinished() throws {
    let directory = try TemporaryDirectory()
    do {
      let writer = try ChecksumListWriter(file: LocalPath(directory.path("SHA256SUMS")))
      writer.append(DeliveredEntry(path: [0x61], kind: .file, digest: [1]))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
  }
}
