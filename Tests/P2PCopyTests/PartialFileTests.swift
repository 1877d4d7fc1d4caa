import Foundation
import NIOCore
import P2PCopy
import P2PCopyProtocol1
import P2PCopyTesting
import P2PCopyWire
import TestSupport
import Testing

@Suite("Partial files at the receiver")
struct PartialFileTests {
  static let isRoot = geteuid() == 0
  static let content = TestContent.random(3_000_000, seed: 3)

  let rig: HostileSenderRig
  private var folder: TemporaryDirectory { rig.folder }

  init() throws {
    rig = try HostileSenderRig()
  }

  /// Puts something of somebody else's where the partial file of a name would be.
  private func plant(_ names: [String]) throws {
    for name in names {
      let path = try folder.write([7, 7], to: "out/.\(name).p2p-copy-partial")
      #expect(chmod(path, 0o666) == 0 && chown(path, 65_534, 65_534) == 0)
    }
  }

  private func expectPlanted(_ names: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    for name in names {
      let bytes = folder.read("out/.\(name).p2p-copy-partial")
      #expect(bytes == [7, 7], "\(name)", sourceLocation: sourceLocation)
    }
  }

  // MARK: Somebody else's

  @Test(
    "One of another user is neither written into nor removed, and the file arrives all the same",
    .enabled(if: isRoot, "only root may give files away"), arguments: TransferProtocol.allCases, [false, true])
  func anotherUsers(transferProtocol: TransferProtocol, hasBothNames: Bool) async throws {
    try folder.write(Self.content, to: "src/large")
    try folder.write([1], to: "src/small")
    try FileManager.default.createSymbolicLink(atPath: folder.path("src/link"), withDestinationPath: "small")
    try folder.makeDirectory("out/src")
    var names = ["src/.large", "src/.small", "src/.link"]
    if hasBothNames { names += names.map { "\($0).user-0" } }
    names = names.map { $0.replacingOccurrences(of: "src/.", with: "") }
    for name in names {
      let path = try folder.write([7, 7], to: "out/src/.\(name).p2p-copy-partial")
      #expect(chmod(path, 0o666) == 0 && chown(path, 65_534, 65_534) == 0)
    }
    var transfer = InMemoryTransfer(transferProtocol)
    if transferProtocol == .one { transfer.sendOptions.resume = true }
    try await transfer.succeed([folder.path("src")], into: folder.path("out"))
    let tree = try folder.tree("out")
    #expect(tree["src/large"] == Self.content)
    #expect(tree["src/small"] == [1])
    #expect(tree["src/link"] == [1])
    for name in names { #expect(tree["src/.\(name).p2p-copy-partial"] == [7, 7], "\(name)") }
    #expect(tree.count == 3 + names.count, "nothing else is left: \(tree.keys.sorted())")
  }

  @Test(
    "A stream arrives beside another user's partial file", .enabled(if: isRoot, "only root may give files away"))
  func stream() async throws {
    try plant(["s"])
    _ = try await rig.receive { peer in
      try await peer.send(page: [PageEntry(path: Array("s".utf8), kind: .stream, metadata: nil)])
      _ = try await peer.receiveAnswer()
      try await peer.send(chunk: [1, 2], of: 0, at: 0)
      try await peer.sendFileEnd(0, [1, 2])
      try await peer.sendPageEnd(0)
      #expect(try await peer.receivePageReceipt().failures.isEmpty)
      await peer.finish()
    }
    #expect(folder.read("out/s") == [1, 2])
    expectPlanted(["s"])
  }

  private static func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes[5] ^= 1
    return bytes
  }

  // MARK: Changed after it had been looked at

  @Test(
    "A file is gone on with only while its part is what was compared; it is named otherwise", arguments: [false, true])
  func changed(isReplaced: Bool) async throws {
    let part = Array(Self.content.prefix(1 << 20))
    let name = "out/.x.p2p-copy-partial"
    try folder.write(part, to: name)
    let other = Self.damaged(part)
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.entry("x", size: Int64(Self.content.count))])
      let answer = try await peer.receiveAnswer()
      guard case .continues(at: 1 << 20)? = answer.dispositions.first?.disposition else {
        Issue.record("\(answer)")
        return
      }
      if isReplaced { #expect(unlink(folder.path(name)) == 0) }
      let file = FileHandle(forWritingAtPath: folder.path(name))
      if let file { file.write(Data(other)) } else { try folder.write(other, to: name) }
      // Whether it is read before it changes or after.
      #expect(try await peer.receiveChunkDigests().count == 1)
      try await peer.send(chunk: Array(Self.content[(1 << 20)..<(2 << 20)]), of: 0, at: 1 << 20)
      try await peer.send(chunk: Array(Self.content[(2 << 20)...]), of: 0, at: 2 << 20)
      try await peer.sendFileEnd(0, Self.content)
      try await peer.sendPageEnd(0)
      let failures = try await peer.receivePageReceipt().failures
      #expect(failures.first?.code == .destinationUnwritable)
      #expect(failures.first?.message.contains("partial file '.x.p2p-copy-partial' was changed") == true)
      await peer.finish()
    }
    #expect(outcome.received.errorCode != nil)
    #expect(try folder.tree("out") == [".x.p2p-copy-partial": other])
  }

  @Test("Protocol 1: a file is gone on with only while its part is what was compared", arguments: [false, true])
  func changedInProtocol1(isUnderFinalName: Bool) async throws {
    let part = Array(Self.content.prefix(1000))
    let name = isUnderFinalName ? "out/x" : "out/.x.p2p-copy-partial"
    try folder.write(part, to: name)
    let other = Self.damaged(part)
    var transfer = InMemoryTransfer(.one)
    transfer.receiveOptions.conflictPolicy = .overwrite
    let receiver = try transfer.receiver()
    async let received = result { try await receiver.receive(into: folder.path("out")) }
    let peer = try await InMemoryPeer.connect(as: .sender, to: transfer.relay)
    _ = await result {
      try await peer.send(
        .manifest(entries: [ManifestEntry(path: Array("x".utf8), byteCount: 1002)], resume: true))
      #expect(try await peer.receiveText()?.contains(#""size":1000"#) == true)
      try #require(FileHandle(forWritingAtPath: folder.path(name))).write(Data(other))
      try await peer.send(
        .file(FileHeader(path: Array("x".utf8), byteCount: 1002, compression: .none, appendFrom: 1000)))
      try await peer.send(chunks: [[1, 2]])
      try await peer.send(.fileEnd)
      try await peer.send(.end)
    }
    await peer.finish()
    #expect(await received.errorCode == .destinationUnwritable)
    #expect(try folder.tree("out") == [String(name.dropFirst(4)): other])
  }

  @Test("A part that its owner may not write any more is gone on with", arguments: TransferProtocol.allCases)
  func closed(transferProtocol: TransferProtocol) async throws {
    let source = try folder.write(Self.content, to: "src/x")
    #expect(chmod(try folder.write(Array(Self.content.prefix(1 << 20)), to: "out/.x.p2p-copy-partial"), 0o444) == 0)
    var transfer = InMemoryTransfer(transferProtocol)
    if transferProtocol == .one { transfer.sendOptions.resume = true }
    let summaries = try await transfer.succeed([source], into: folder.path("out"))
    #expect(summaries.received.resumedByteCount == 1 << 20)
    #expect(try folder.tree("out") == ["x": Self.content])
  }

  // MARK: The reserved name

  static let reservedNames = [".d.p2p-copy-partial/x", "a/.d.p2p-copy-partial/b/x", "a/.D.P2P-Copy-Partial"]

  @Test("A name that is reserved for partial files is refused wherever in a path it stands", arguments: reservedNames)
  func reserved(name: String) async throws {
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.entry(name), rig.entry("good")])
      let answer = try await peer.receiveAnswer()
      guard case .refused(.unsafePath, _)? = answer.dispositions.first?.disposition else {
        Issue.record("\(answer)")
        return
      }
      try await peer.send(pack: [(1, [71])])
      try await peer.finishPages(delivering: [.file("good", [71])])
    }
    #expect(outcome.received.errorCode == .unsafePath)
    #expect(try folder.tree("out") == ["good": [71]])
  }

  @Test("Protocol 1: the sender leaves out what is in a directory with a reserved name")
  func reservedAtTheSender() async throws {
    try folder.write([1], to: "src/.d.p2p-copy-partial/x")
    try folder.write([2], to: "src/good")
    let summaries = try await InMemoryTransfer(.one).succeed([folder.path("src")], into: folder.path("out"))
    #expect(try folder.tree("out") == ["src/good": [2]])
    #expect(summaries.sent.notices.contains { $0.contains(".d.p2p-copy-partial") })
  }
}
