import Foundation
import P2PCopy
import P2PCopyProtocol1
import P2PCopyTesting
import Synchronization
import TestSupport
import Testing

/// A sender of protocol 1 whose every message is the test's.
@Suite("Hostile sender")
struct HostileSenderTests {
  let folder: TemporaryDirectory
  let transfer = InMemoryTransfer(.one)

  init() throws {
    folder = try TemporaryDirectory()
    try folder.makeDirectory("out")
  }

  /// Lets a receiver meet a sender that the test plays.
  private func receive(
    _ transfer: InMemoryTransfer? = nil, from sender: @Sendable (InMemoryPeer) async throws -> Void
  ) async throws -> Result<TransferSummary, any Error> {
    let transfer = transfer ?? self.transfer
    let receiver = try transfer.receiver()
    async let received = result { try await receiver.receive(into: folder.path("out")) }
    let peer = try await InMemoryPeer.connect(as: .sender, to: transfer.relay)
    // The receiver may give up in the middle: then sending fails, and that is all right.
    _ = await result { try await sender(peer) }
    await peer.finish()
    return await received
  }

  private func manifest(_ paths: [String], size: Int64 = 1, resume: Bool = false) -> ControlMessage {
    .manifest(entries: paths.map { ManifestEntry(path: Array($0.utf8), byteCount: size) }, resume: resume)
  }

  @Test(
    "A name that leads out is refused by name; the others arrive",
    arguments: [
      "../escaped", "/tmp/p2p-copy-escaped", "a/../../escaped", "a//b", "./a", "", "a/", ".x.p2p-copy-partial",
    ])
  func hostileName(name: String) async throws {
    let received = try await receive { peer in
      try await peer.send(manifest([name, "good"]))
      try await peer.send(file: name, [66])
      try await peer.send(file: "good", [71])
      try await peer.send(.end)
    }
    #expect(received.errorCode == .unsafePath)
    #expect(try folder.tree("") == ["out/good": [71]])
  }

  @Test(
    "Nothing is written through a symbolic link that lies in the output directory",
    arguments: [ConflictPolicy.fail, .overwrite])
  func symbolicLinks(policy: ConflictPolicy) async throws {
    try folder.makeDirectory("outside")
    try folder.write([1], to: "victim")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/dir"), withDestinationPath: folder.path("outside"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/link"), withDestinationPath: folder.path("victim"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/.new.p2p-copy-partial"), withDestinationPath: folder.path("victim"))
    var transfer = transfer
    transfer.receiveOptions.conflictPolicy = policy
    let received = try await receive(transfer) { peer in
      try await peer.send(manifest(["dir/x", "link", "new"]))
      for name in ["dir/x", "link", "new"] { try await peer.send(file: name, [66]) }
      try await peer.send(.end)
    }
    #expect(received.errorCode == (policy == .fail ? .incomplete : nil))
    #expect(try folder.tree("outside").isEmpty)
    #expect(folder.read("victim") == [1])
    // Overwriting replaces the links themselves, also by a directory.
    #expect(folder.read("out/link") == (policy == .fail ? [1] : [66]))
    #expect(folder.read("out/dir/x") == (policy == .fail ? nil : [66]))
    #expect(folder.read("out/new") == [66])
  }

  @Test("What the user has is neither continued nor taken away", arguments: [ConflictPolicy.fail, .skip, .rename])
  func ownFile(policy: ConflictPolicy) async throws {
    try folder.write([1, 2, 3], to: "out/short")
    try folder.write([1, 2, 3], to: "out/same")
    var transfer = transfer
    transfer.receiveOptions.conflictPolicy = policy
    for staysUntilTheEnd in [true, false] {
      _ = try await receive(transfer) { peer in
        try await peer.send(
          .manifest(
            entries: [
              ManifestEntry(path: Array("short".utf8), byteCount: 6),
              ManifestEntry(path: Array("same".utf8), byteCount: 3),
            ], resume: true))
        // Of a file that could only be continued nothing is said.
        var checksum = ChainedChecksum()
        let chain = checksum.update(with: [1, 2, 3])
        let same = ReceivedPart(path: Array("same".utf8), byteCount: 3, chain: chain)
        #expect(try await peer.receiveText() == ControlMessage.receiverManifest([same]).encoded())
        // It goes on behind what it was told of, as if its file had grown.
        try await peer.send(
          .file(FileHeader(path: Array("same".utf8), byteCount: 6, compression: .none, appendFrom: 3)))
        if staysUntilTheEnd {
          try await peer.send(chunks: [[4, 5, 6]])
          try await peer.send(.fileEnd)
          try await peer.send(.end)
        }
      }
      #expect(try folder.tree("out") == ["short": [1, 2, 3], "same": [1, 2, 3]])
    }
  }

  @Test("No failure is about an entry without a name")
  func emptyName() async throws {
    let received = Mutex<[EntryFailure]>([])
    let receiver = try transfer.receiver()
    async let result = result {
      try await receiver.receive(into: folder.path("out")) { events in
        for await case .fileFailed(let failure) in events { received.withLock { $0.append(failure) } }
      }
    }
    let peer = try await InMemoryPeer.connect(as: .sender, to: transfer.relay)
    try await peer.send(manifest([""]))
    try await peer.send(.end)
    await peer.finish()
    #expect(await result.errorCode == .unsafePath)
    #expect(received.withLock { $0.map(\.path.description) } == ["(an empty name)"])
  }

  @Test("A second name of a file elsewhere is not written through")
  func hardLinks() async throws {
    try folder.write([1, 2], to: "victim")
    try FileManager.default.linkItem(atPath: folder.path("victim"), toPath: folder.path("out/.new.p2p-copy-partial"))
    try FileManager.default.linkItem(atPath: folder.path("victim"), toPath: folder.path("out/old"))
    let received = try await receive { peer in
      try await peer.send(
        .manifest(
          entries: [
            ManifestEntry(path: Array("new".utf8), byteCount: 3), ManifestEntry(path: Array("old".utf8), byteCount: 3),
          ], resume: true))
      // Nothing of either can be continued, so nothing is reported.
      #expect(try await peer.receiveText() == ControlMessage.receiverManifest([]).encoded())
      try await peer.send(file: "new", [1, 2, 3])
      try await peer.send(file: "old", [1, 2, 3])
      try await peer.send(.end)
    }
    #expect(received.errorCode == .destinationExists)
    #expect(folder.read("victim") == [1, 2])
    #expect(folder.read("out/new") == [1, 2, 3])
  }

  @Test("A receiver reports nothing about files outside, or behind a link")
  func noReportOutside() async throws {
    try folder.write([1, 2, 3], to: "secret")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/link"), withDestinationPath: folder.path("secret"))
    _ = try await receive { peer in
      try await peer.send(manifest(["../secret", folder.path("secret"), "link"], size: 3, resume: true))
      #expect(try await peer.receiveText() == ControlMessage.receiverManifest([]).encoded())
    }
  }

  enum Violation: String, CaseIterable {
    case listedTwice, notListed, sentTwice, tooMuch, dataFirst, dataBetweenFiles, shortChunk, fileInFile
    case endInFile, fileEndFirst, wrongOffset, manifestTwice, notJSON, unknownCompression, payloadTooLarge
  }

  @Test("Everything out of turn ends the session with an error", arguments: Violation.allCases)
  func violation(_ violation: Violation) async throws {
    let received = try await receive { peer in
      let header = FileHeader(path: Array("x".utf8), byteCount: 1, compression: .none, appendFrom: 0)
      if violation == .dataFirst { try await peer.send(chunks: [[1]]) }
      if violation == .fileEndFirst { try await peer.send(.fileEnd) }
      try await peer.send(manifest(violation == .listedTwice ? ["x", "x"] : ["x"]))
      switch violation {
      case .listedTwice, .dataFirst, .fileEndFirst: break
      case .notListed: try await peer.send(file: "y", [1])
      case .sentTwice:
        try await peer.send(file: "x", [1])
        try await peer.send(file: "x", [2])
      case .tooMuch: try await peer.send(file: "x", [1, 2], announcing: 1)
      case .dataBetweenFiles: try await peer.send(chunks: [[1]])
      case .shortChunk:
        try await peer.send(.file(header))
        try await peer.send(binary: [UInt8](repeating: 0, count: 39))
      case .fileInFile:
        try await peer.send(.file(header))
        try await peer.send(.file(header))
      case .endInFile:
        try await peer.send(.file(header))
        try await peer.send(.end)
      case .wrongOffset:
        try await peer.send(
          .file(FileHeader(path: Array("x".utf8), byteCount: 1, compression: .none, appendFrom: 1)))
      case .manifestTwice: try await peer.send(manifest(["z"]))
      case .notJSON: try await peer.send(text: "\u{0}{")
      case .unknownCompression:
        try await peer.send(
          .file(FileHeader(path: Array("x".utf8), byteCount: 1, compression: "rot13", appendFrom: 0)))
      case .payloadTooLarge:
        try await peer.send(file: "x", [UInt8](repeating: 1, count: 2 << 20), announcing: 1)
      }
      try await peer.send(.end)
    }
    let expected: P2PCopyError.Code = violation == .unknownCompression ? .noCommonCodec : .protocolViolation
    #expect(received.errorCode == expected)
    #expect(folder.read("out/x") == (violation == .sentTwice ? [1] : nil))
  }

  @Test("A file that ends early keeps its part and fails; the others arrive")
  func shortFile() async throws {
    let received = try await receive { peer in
      try await peer.send(
        .manifest(
          entries: [
            ManifestEntry(path: Array("short".utf8), byteCount: 5),
            ManifestEntry(path: Array("whole".utf8), byteCount: 1),
          ], resume: false))
      try await peer.send(file: "short", [1, 2], announcing: 5)
      try await peer.send(file: "whole", [3])
      try await peer.send(.end)
    }
    #expect(received.errorCode == .incomplete)
    #expect(try folder.tree("out") == [".short.p2p-copy-partial": [1, 2], "whole": [3]])
  }

  @Test("A file that was announced and never came is a failure")
  func missingFile() async throws {
    let received = try await receive { peer in
      try await peer.send(manifest(["x", "y"]))
      try await peer.send(file: "y", [3])
      try await peer.send(.end)
    }
    #expect(received.errorCode == .incomplete)
  }

  @Test("The end of the stream before eof is a failure", arguments: [0, 1, 2, 3])
  func earlyEnd(step: Int) async throws {
    let received = try await receive { peer in
      if step >= 1 { try await peer.send(manifest(["x"])) }
      if step >= 2 {
        try await peer.send(
          .file(FileHeader(path: Array("x".utf8), byteCount: 2, compression: .none, appendFrom: 0)))
        try await peer.send(chunks: [[1]])
      }
      if step == 3 {
        peer.connection.abort()
      }
    }
    #expect(received.errorCode == .peerLeft)
    #expect(folder.read("out/x") == nil)
    #expect(folder.read("out/.x.p2p-copy-partial") == (step >= 2 ? [1] : nil))
  }

  @Test(
    "Chunks out of order, repeated or changed are noticed", arguments: ["swap", "repeat", "drop", "change", "chain"])
  func tampering(kind: String) async throws {
    let received = try await receive { peer in
      try await peer.send(manifest(["x"], size: 4))
      try await peer.send(.file(FileHeader(path: Array("x".utf8), byteCount: 4, compression: .none, appendFrom: 0)))
      var checksum = ChainedChecksum()
      let payloads: [[UInt8]] = [[1, 2], [3], [4]]
      var chunks = payloads.enumerated().map { InMemoryPeer.chunk(UInt64($0), &checksum, $1) }
      switch kind {
      case "swap": chunks.swapAt(0, 1)
      case "repeat": chunks.insert(chunks[0], at: 1)
      case "drop": chunks.remove(at: 1)
      case "change": chunks[1][40] ^= 1
      default: chunks[1][8] ^= 1
      }
      for chunk in chunks { try await peer.send(binary: chunk) }
      try await peer.send(.fileEnd)
      try await peer.send(.end)
    }
    #expect(received.errorCode == .checksumMismatch)
    #expect(folder.read("out/x") == nil)
  }

  @Test("A decompression bomb stops at one chunk")
  func bomb() async throws {
    // An empty-looking frame that claims, and would expand to, 1 GiB of zeros: RLE blocks of 128 KiB each.
    var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x80, 0x88]
    frame += withUnsafeBytes(of: UInt32(1 << 30).littleEndian) { Array($0) }
    let blockCount = (1 << 30) >> 17
    for index in 0..<blockCount {
      let header = UInt32(1 << 17) << 3 | 1 << 1 | (index == blockCount - 1 ? 1 : 0)
      frame += [UInt8(truncatingIfNeeded: header), UInt8(truncatingIfNeeded: header >> 8)]
      frame += [UInt8(truncatingIfNeeded: header >> 16), 0]
    }
    let received = try await receive { [frame] peer in
      try await peer.send(manifest(["x"], size: 1 << 30))
      try await peer.send(
        .file(FileHeader(path: Array("x".utf8), byteCount: 1 << 30, compression: "zstd", appendFrom: 0)))
      try await peer.send(chunks: [frame])
      try await peer.send(.fileEnd)
    }
    #expect(received.errorCode == .corruptData)
    #expect(folder.read("out/x") == nil)
  }

  @Test("A manifest of two mebibytes of hostile entries")
  func largeManifest() async throws {
    let entries = (0..<40_000).map { ManifestEntry(path: Array("../\($0)/\u{1B}[2J".utf8), byteCount: .max / 100_000) }
    let received = try await receive { peer in
      try await peer.send(.manifest(entries: entries, resume: true))
      #expect(try await peer.receiveText() == ControlMessage.receiverManifest([]).encoded())
      try await peer.send(.end)
    }
    guard case .failure(let error as P2PCopyError) = received else {
      Issue.record("the transfer succeeded")
      return
    }
    #expect(error.code == .unsafePath)
    #expect(!error.message.contains("\u{1B}"))
    #expect(try folder.tree("out").isEmpty)
  }

  @Test("Sizes that overflow a sum are refused")
  func overflow() async throws {
    let received = try await receive { peer in
      try await peer.send(manifest(["x", "y", "z"], size: .max))
    }
    #expect(received.errorCode == .protocolViolation)
  }
}
