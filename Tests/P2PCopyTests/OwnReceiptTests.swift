import Foundation
import P2PCopy
import P2PCopyCore
import TestSupport
import Testing

/// A receipt and a list of checksums replace nothing of what is transferred, and are never sent themselves.
@Suite("The transfer's own files")
struct OwnReceiptTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write([1], to: "source/file")
  }

  private func path(_ name: String) -> LocalPath { LocalPath(folder.path(name)) }

  @Test("A sender's receipt, list and their temporary files are not among what it sends", arguments: [false, true])
  func notSent(again: Bool) async throws {
    for name in ["r.json", "sums"] where again { try folder.write([7], to: "source/" + name) }
    // The same name elsewhere is an ordinary file.
    try folder.write([2], to: "source/sub/r.json")
    #expect(symlink("sub/r.json", folder.path("source/link")) == 0)
    var transfer = InMemoryTransfer()
    transfer.sendOptions.receiptFile = path("source/r.json")
    transfer.sendOptions.checksumsFile = path("source/sums")
    let summaries = try await transfer.succeed([folder.path("source/.")], into: folder.path("out"))
    let arrived = try FileManager.default.subpathsOfDirectory(atPath: folder.path("out")).sorted()
    #expect(arrived == [".p2p-copy-journal", "file", "link", "sub", "sub/r.json"])
    #expect(summaries.sent.notices.count { $0.contains("this transfer itself writes it") } == (again ? 2 : 0))
    #expect(folder.read("source/r.json")?.starts(with: "{\"format\"".utf8) == true)
    #expect(folder.read("source/sums")?.isEmpty == false)
  }

  @Test("Neither is what a followed link leads to")
  func followed() async throws {
    try folder.write([7], to: "r.json")
    #expect(symlink("../r.json", folder.path("source/link")) == 0)
    var transfer = InMemoryTransfer()
    transfer.sendOptions.links = .follow
    transfer.sendOptions.receiptFile = path("r.json")
    try await transfer.succeed([folder.path("source/.")], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file": [1]])
  }

  @Test("A file that is named and would be replaced is refused before anything is sent")
  func argument() async throws {
    var transfer = InMemoryTransfer()
    transfer.sendOptions.receiptFile = path("source/file")
    let sender = try transfer.sender()
    for name in ["source/file", "source/../source/file"] {
      let sent = await result { try await sender.send([folder.path(name)]) }
      #expect(sent.errorCode == .usage)
    }
    #expect(try folder.tree("source") == ["file": [1]])
  }

  @Test("One file cannot be both")
  func both() async throws {
    var transfer = InMemoryTransfer()
    transfer.sendOptions.receiptFile = path("x")
    transfer.sendOptions.checksumsFile = path("source/../x")
    transfer.receiveOptions.receiptFile = path("x")
    transfer.receiveOptions.checksumsFile = path("x")
    let (sender, receiver) = (try transfer.sender(), try transfer.receiver())
    let sent = await result { try await sender.send([folder.path("source")]) }
    let received = await result { try await receiver.receive(into: folder.path("out")) }
    #expect(sent.errorCode == .usage && received.errorCode == .usage)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["out", "source"])
  }

  @Test("A receiver's receipt does not replace what was just received", arguments: ["file", "sub/file", "sub"])
  func received(name: String) async throws {
    try folder.write([2], to: "source/sub/file")
    try folder.makeDirectory("out/sub")
    var transfer = InMemoryTransfer()
    if name == "sub" {
      // A directory that is there is known before anything is received; one that comes is not.
      try FileManager.default.removeItem(atPath: folder.path("out/sub"))
    }
    transfer.receiveOptions.receiptFile = path("out/" + name)
    let results = try await transfer.run([folder.path("source/.")], into: folder.path("out"))
    #expect(results.received.errorCode == .destinationExists, "\(results)")
    #expect(try folder.tree("out") == ["file": [1], "sub/file": [2]])
  }

  @Test("Nor what was there and is the same", arguments: ["receipt", "checksums"])
  func unchanged(what: String) async throws {
    try folder.write([1], to: "out/file")
    var transfer = InMemoryTransfer()
    if what == "receipt" {
      transfer.receiveOptions.receiptFile = path("out/file")
    } else {
      transfer.receiveOptions.checksumsFile = path("out/../out/file")
    }
    let results = try await transfer.run([folder.path("source/.")], into: folder.path("out"))
    #expect(results.received.errorCode == .destinationExists, "\(results)")
    #expect(try folder.tree("out") == ["file": [1]])
  }

  @Test("The receipt of an earlier run is replaced")
  func earlierRun() async throws {
    try folder.write([7], to: "out/r.json")
    var transfer = InMemoryTransfer()
    transfer.receiveOptions.receiptFile = path("out/r.json")
    try await transfer.succeed([folder.path("source/.")], into: folder.path("out"))
    #expect(folder.read("out/r.json")?.starts(with: "{\"format\"".utf8) == true)
  }
}
