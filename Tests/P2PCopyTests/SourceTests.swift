import Foundation
import P2PCopy
import TestSupport
import Testing

@Suite("What is sent")
struct SourceTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  @Test(
    "Names arrive to the byte: spaces, Unicode, dashes, one character, escapes", arguments: TransferProtocol.allCases)
  func names(transferProtocol: TransferProtocol) async throws {
    for name in ["a b", "ü", "-rf", "x", "new\nline", "\u{1B}[31mred", "back\\slash", ".hidden", "a/b/c/d"] {
      try folder.write(Array(name.utf8), to: "source/" + name)
    }
    try await InMemoryTransfer(transferProtocol).succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == folder.tree("source"))
    #expect(try folder.tree("source").count == 9)
  }

  @Test("A trailing slash and '.'", arguments: TransferProtocol.allCases)
  func trailingSlash(transferProtocol: TransferProtocol) async throws {
    try folder.write([1], to: "source/x")
    try await InMemoryTransfer(transferProtocol).succeed([folder.path("source/")], into: folder.path("one"))
    #expect(try folder.tree("one") == ["source/x": [1]])
    try await InMemoryTransfer(transferProtocol).succeed([folder.path("source/.")], into: folder.path("two"))
    #expect(try folder.tree("two") == ["x": [1]])
    try folder.makeDirectory("source/sub")
    try await InMemoryTransfer(transferProtocol).succeed(
      [folder.path("source/sub/..")], into: folder.path("three"))
    #expect(try folder.tree("three") == ["source/x": [1]])
  }

  @Test(
    "Two files that would arrive under one name are an error before anything is sent",
    arguments: TransferProtocol.allCases)
  func collision(transferProtocol: TransferProtocol) async throws {
    try folder.write([1], to: "a/x")
    try folder.write([2], to: "b/x")
    let sender = try InMemoryTransfer(transferProtocol).sender()
    let sent = await result { try await sender.send([folder.path("a/x"), folder.path("b/x")]) }
    #expect(sent.errorCode == .usage)
  }

  @Test("Naming a file twice sends it once", arguments: TransferProtocol.allCases)
  func twice(transferProtocol: TransferProtocol) async throws {
    try folder.write([1], to: "x")
    let summaries = try await InMemoryTransfer(transferProtocol).succeed(
      [folder.path("x"), folder.path("x")], into: folder.path("out"))
    #expect(summaries.sent.completeFileCount == 1)
  }

  @Test(
    "Missing, nothing, and nothing that protocol 1 could carry",
    arguments: [
      (["missing"], .one), ([""], .one), (["source", "missing"], .one), (["empty"], .one), (["missing"], .two),
      ([""], .two), (["source", "missing"], .two),
    ] as [([String], TransferProtocol)])
  func nothingToSend(names: [String], transferProtocol: TransferProtocol) async throws {
    try folder.makeDirectory("empty")
    try folder.write([1], to: "source/x")
    let sender = try InMemoryTransfer(transferProtocol).sender()
    let sent = await result { try await sender.send(names.map { $0.isEmpty ? "" : folder.path($0) }) }
    #expect(sent.errorCode == .usage)
  }

  @Test(
    "Protocol 1: links to files are followed; links to directories, dangling links and FIFOs are left out and named")
  func specialFiles() async throws {
    try folder.write([1], to: "elsewhere/file")
    try folder.write([2], to: "source/plain")
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: folder.path("source/link"), withDestinationPath: folder.path("elsewhere/file"))
    try manager.createSymbolicLink(atPath: folder.path("source/dir"), withDestinationPath: folder.path("elsewhere"))
    try manager.createSymbolicLink(atPath: folder.path("source/dangling"), withDestinationPath: "nowhere")
    #expect(mkfifo(folder.path("source/fifo"), 0o600) == 0)
    let summaries = try await InMemoryTransfer(.one).succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == ["plain": [2], "link": [1]])
    #expect(summaries.sent.notices.count == 3)
    for name in ["dir", "dangling", "fifo"] {
      #expect(summaries.sent.notices.contains { $0.contains("source/\(name)'") })
    }
  }

  @Test("Protocol 2 keeps links, empty directories, modes and times; only FIFOs are left out and named")
  func everyKind() async throws {
    try folder.makeDirectory("source/empty/below")
    try folder.write([2], to: "source/plain")
    #expect(chmod(folder.path("source/plain"), 0o640) == 0)
    let manager = FileManager.default
    let links = ["link": "plain", "dir": "empty", "dangling": "nowhere"]
    for (name, target) in links {
      try manager.createSymbolicLink(atPath: folder.path("source/" + name), withDestinationPath: target)
    }
    #expect(mkfifo(folder.path("source/fifo"), 0o600) == 0)
    let long = timespec(tv_sec: 1_000_000_000, tv_nsec: 7)
    for name in ["plain", "empty/below"] {
      #expect(utimensat(AT_FDCWD, folder.path("source/" + name), [long, long], 0) == 0)
    }
    let summaries = try await InMemoryTransfer(.two).succeed([folder.path("source")], into: folder.path("out"))
    #expect(summaries.sent.notices.count == 1)
    #expect(summaries.sent.notices.contains { $0.contains("source/fifo'") })
    let arrived = try manager.subpathsOfDirectory(atPath: folder.path("out/source")).sorted()
    #expect(arrived == ["dangling", "dir", "empty", "empty/below", "link", "plain"])
    for (name, target) in links {
      #expect(try manager.destinationOfSymbolicLink(atPath: folder.path("out/source/" + name)) == target)
    }
    for name in ["plain", "empty/below"] {
      var (there, here) = (stat(), stat())
      #expect(lstat(folder.path("source/" + name), &there) == 0 && lstat(folder.path("out/source/" + name), &here) == 0)
      #expect(here.st_mode == there.st_mode, "\(name)")
      #expect(here.st_mtim.tv_sec == 1_000_000_000 && here.st_mtim.tv_nsec == 7, "\(name)")
    }
    #expect(folder.read("out/source/plain") == [2])
  }

  @Test("Protocol 2 sends an empty directory")
  func emptyDirectory() async throws {
    try folder.makeDirectory("empty")
    try await InMemoryTransfer(.two).succeed([folder.path("empty")], into: folder.path("out"))
    #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.path("out")) == ["empty"])
  }

  @Test("Protocol 2 carries names that are not UTF-8")
  func anyBytes() async throws {
    try folder.makeDirectory("source")
    func path(_ directory: String) -> [CChar] {
      (folder.path(directory + "/").utf8 + [0xFF, 0xFE, 0]).map { CChar(bitPattern: $0) }
    }
    let descriptor = open(path("source"), O_CREAT | O_WRONLY, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    try await InMemoryTransfer(.two).succeed([folder.path("source")], into: folder.path("out"))
    #expect(access(path("out/source"), F_OK) == 0)
    unlink(path("source"))
    unlink(path("out/source"))
  }

  @Test("Protocol 1 carries only UTF-8 names: another is named, the rest goes on")
  func invalidUTF8() async throws {
    try folder.write([1], to: "source/good")
    let bytes: [CChar] = (folder.path("source/").utf8 + [0xFF, 0xFE, 0]).map { CChar(bitPattern: $0) }
    let descriptor = open(bytes, O_CREAT | O_WRONLY, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    let results = try await InMemoryTransfer(.one).run([folder.path("source")], into: folder.path("out"))
    #expect(results.sent.errorCode == .sourceUnreadable)
    #expect(try folder.tree("out/source") == ["good": [1]])
    unlink(bytes)
  }

  @Test("Several connections of protocol 1", arguments: [2, 3, 7])
  func severalConnections(count: Int) async throws {
    for index in 0..<5 {
      try folder.write(TestContent.random(index * 300_000, seed: UInt64(index)), to: "source/\(index)")
    }
    var transfer = InMemoryTransfer(.one)
    transfer.code = "n=\(count)=nsecret"
    let summaries = try await transfer.succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == folder.tree("source"))
    #expect(summaries.received.completeFileCount == 5)
  }

  @Test("A code that asks for too many connections is a usage error")
  func tooManyConnections() async throws {
    try folder.write([1], to: "x")
    var transfer = InMemoryTransfer(.one)
    transfer.code = "n=1000000=nsecret"
    let sender = try transfer.sender()
    let sent = await result { try await sender.send([folder.path("x")]) }
    #expect(sent.errorCode == .usage)
  }
}
