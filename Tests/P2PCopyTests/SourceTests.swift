import Foundation
import P2PCopy
import Testing

@Suite("What is sent")
struct SourceTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  @Test("Names arrive to the byte: spaces, Unicode, dashes, one character, escapes")
  func names() async throws {
    for name in ["a b", "ü", "-rf", "x", "new\nline", "\u{1B}[31mred", "back\\slash", ".hidden", "a/b/c/d"] {
      try folder.write(Array(name.utf8), to: "source/" + name)
    }
    try await InMemoryTransfer().succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == folder.tree("source"))
    #expect(try folder.tree("source").count == 9)
  }

  @Test("A trailing slash and '.' ")
  func trailingSlash() async throws {
    try folder.write([1], to: "source/x")
    try await InMemoryTransfer().succeed([folder.path("source/")], into: folder.path("one"))
    #expect(try folder.tree("one") == ["source/x": [1]])
    try await InMemoryTransfer().succeed([folder.path("source/.")], into: folder.path("two"))
    #expect(try folder.tree("two") == ["x": [1]])
    try folder.makeDirectory("source/sub")
    try await InMemoryTransfer().succeed([folder.path("source/sub/..")], into: folder.path("three"))
    #expect(try folder.tree("three") == ["source/x": [1]])
  }

  @Test("Two files that would arrive under one name are an error before anything is sent")
  func collision() async throws {
    try folder.write([1], to: "a/x")
    try folder.write([2], to: "b/x")
    let sender = try InMemoryTransfer().sender()
    let sent = await result { try await sender.send([folder.path("a/x"), folder.path("b/x")]) }
    #expect(sent.errorCode == .usage)
  }

  @Test("Naming a file twice sends it once")
  func twice() async throws {
    try folder.write([1], to: "x")
    let summaries = try await InMemoryTransfer().succeed(
      [folder.path("x"), folder.path("x")], into: folder.path("out"))
    #expect(summaries.sent.completeFileCount == 1)
  }

  @Test("Missing, nothing, empty", arguments: [["missing"], ["empty"], [""], ["source", "missing"]])
  func nothingToSend(names: [String]) async throws {
    try folder.makeDirectory("empty")
    try folder.write([1], to: "source/x")
    let sender = try InMemoryTransfer().sender()
    let sent = await result { try await sender.send(names.map { $0.isEmpty ? "" : folder.path($0) }) }
    #expect(sent.errorCode == .usage)
  }

  @Test("Links to files are followed; links to directories, dangling links and FIFOs are left out and named")
  func specialFiles() async throws {
    try folder.write([1], to: "elsewhere/file")
    try folder.write([2], to: "source/plain")
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: folder.path("source/link"), withDestinationPath: folder.path("elsewhere/file"))
    try manager.createSymbolicLink(atPath: folder.path("source/dir"), withDestinationPath: folder.path("elsewhere"))
    try manager.createSymbolicLink(atPath: folder.path("source/dangling"), withDestinationPath: "nowhere")
    #expect(mkfifo(folder.path("source/fifo"), 0o600) == 0)
    let summaries = try await InMemoryTransfer().succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == ["plain": [2], "link": [1]])
    #expect(summaries.sent.notices.count == 3)
    for name in ["dir", "dangling", "fifo"] {
      #expect(summaries.sent.notices.contains { $0.contains("source/\(name)'") })
    }
  }

  @Test("Protocol 1 carries only UTF-8 names: another is named, the rest goes on")
  func invalidUTF8() async throws {
    try folder.write([1], to: "source/good")
    let bytes: [CChar] = (folder.path("source/").utf8 + [0xFF, 0xFE, 0]).map { CChar(bitPattern: $0) }
    let descriptor = open(bytes, O_CREAT | O_WRONLY, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    let results = try await InMemoryTransfer().run([folder.path("source")], into: folder.path("out"))
    #expect(results.sent.errorCode == .sourceUnreadable)
    #expect(try folder.tree("out/source") == ["good": [1]])
    unlink(bytes)
  }

  @Test("Several connections", arguments: [2, 3, 7])
  func severalConnections(count: Int) async throws {
    for index in 0..<5 {
      try folder.write(TestContent.random(index * 300_000, seed: UInt64(index)), to: "source/\(index)")
    }
    var transfer = InMemoryTransfer()
    transfer.code = "n=\(count)=nsecret"
    let summaries = try await transfer.succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == folder.tree("source"))
    #expect(summaries.received.completeFileCount == 5)
  }

  @Test("A code that asks for too many connections is a usage error")
  func tooManyConnections() async throws {
    try folder.write([1], to: "x")
    var transfer = InMemoryTransfer()
    transfer.code = "n=1000000=nsecret"
    let sender = try transfer.sender()
    let sent = await result { try await sender.send([folder.path("x")]) }
    #expect(sent.errorCode == .usage)
  }
}
