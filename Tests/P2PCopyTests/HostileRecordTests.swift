import AESGCM
import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import SPAKE2
import Synchronization
import Testing
import Zstd

/// A sender that knows the code and whose every record is the test's.
@Suite("Hostile sender of protocol 2")
struct HostileRecordTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.makeDirectory("out")
    try folder.write([1, 2, 3], to: "victim")
    try folder.makeDirectory("outside")
  }

  /// What a receiver did with what the test sent it.
  private struct Outcome {
    var received: Result<TransferSummary, any Error>
    /// What the receiver said about why it stopped.
    var said: P2PCopyError.Code?
  }

  /// Lets a receiver meet a sender that the test plays.
  private func receive(
    _ transfer: QuickTransfer = QuickTransfer(), offering offer: SessionOffer = RecordPeer.offer,
    _ sender: @Sendable (RecordPeer) async throws -> Void
  ) async throws -> Outcome {
    async let received = transfer.watched { await transfer.receive(into: folder.path("out")) }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    // The receiver may give up in the middle: then sending fails, and that is all right.
    _ = await result {
      try await peer.negotiate(offering: offer)
      try await sender(peer)
    }
    let said = await peer.lastWord()
    await peer.finish()
    // Nothing outside, whatever else happened.
    #expect(folder.read("victim") == [1, 2, 3])
    #expect(try folder.tree("outside").isEmpty)
    #expect(folder.read("escaped") == nil)
    return Outcome(received: await received, said: said)
  }

  private func entry(_ path: String, size: Int64 = 1) -> PageEntry {
    PageEntry(path: Array(path.utf8), kind: .file(byteCount: size), metadata: nil)
  }

  private func link(_ path: String, to target: String) -> PageEntry {
    PageEntry(path: Array(path.utf8), kind: .symbolicLink(target: Array(target.utf8)), metadata: nil)
  }

  private static let digest = TestDigests.xxh128

  @Test(
    "A name that leads out is refused by name; the others arrive",
    arguments: [
      "../escaped", "/tmp/p2p-copy-escaped", "a/../../escaped", "a//b", "./a", "", "a/", ".x.p2p-copy-partial", "a\0b",
      "..", ".", "/",
    ])
  func names(name: String) async throws {
    let outcome = try await receive { peer in
      try await peer.send(page: [
        entry(name), PageEntry(path: Array(name.utf8), kind: .directory, metadata: nil),
        link(name, to: "good"), entry("good"),
      ])
      let answer = try await peer.receiveAnswer()
      #expect(answer.dispositions.map(\.position) == [0, 1, 2])
      for (_, disposition) in answer.dispositions {
        guard case .refused(.unsafePath, _) = disposition else {
          Issue.record("\(name): \(disposition)")
          continue
        }
      }
      try await peer.send(pack: [(3, [71])])
      try await peer.finishPages(delivering: [.file("good", [71])])
    }
    #expect(outcome.received.errorCode == .unsafePath)
    #expect(try folder.tree("out") == ["good": [71]])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")) == ["good"])
  }

  @Test("Data for a name that was refused ends the session", arguments: ["../escaped", "/tmp/p2p-copy-escaped", ""])
  func dataForRefused(name: String) async throws {
    for isPack in [true, false] {
      let outcome = try await receive { peer in
        try await peer.send(page: [entry(name)])
        _ = try await peer.receive()
        if isPack { try await peer.send(pack: [(0, [66])]) } else { try await peer.send(chunk: [66], of: 0, at: 0) }
      }
      #expect(outcome.received.errorCode == .protocolViolation)
      #expect(outcome.said == .protocolViolation)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).isEmpty)
    }
  }

  @Test(
    "A link that leads out is refused",
    arguments: [("a", "/etc"), ("a", ".."), ("a", "../outside"), ("d/a", "../.."), ("a", "b/../.."), ("a", "")])
  func links(link: (String, String)) async throws {
    let outcome = try await receive { peer in
      try await peer.send(page: [self.link(link.0, to: link.1)])
      let answer = try await peer.receiveAnswer()
      guard case .refused(.unsafePath, _)? = answer.dispositions.first?.disposition else {
        Issue.record("\(link): \(answer.dispositions)")
        return
      }
      try await peer.finishPages(delivering: [])
    }
    #expect(outcome.received.errorCode == .unsafePath)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).filter { $0 != "d" }.isEmpty)
  }

  @Test("Whoever does not wait for the answer cannot have made what would be refused", arguments: 0...4, [true, false])
  func beforeTheAnswer(kind: Int, sendsData: Bool) async throws {
    // The first entry keeps the receiver busy: a partial file is digested, slowly, before anything is said.
    try folder.write(TestContent.random(SlowDigest.slowByteCount, seed: 1), to: "out/.busy.p2p-copy-partial")
    let refused = [
      link("a", to: "/etc"), link("a", to: ".."), entry(".b.p2p-copy-partial"),
      PageEntry(path: Array(".c.p2p-copy-partial".utf8), kind: .directory, metadata: nil), entry("d"),
    ][kind]
    var codecs = CodecRegistry(plugins: [ZstdCompressor.self, AESGCMCipher.self, SPAKE2KeyExchange.self])
    codecs.register(QuickKeyDeriver())
    codecs.register(SlowDigest())
    let outcome = try await receive(QuickTransfer(codecs: codecs)) { peer in
      try await peer.send(page: [entry("busy", size: 1 << 20), refused])
      if sendsData { try await peer.send(pack: [(1, [66])]) }
      try await peer.sendPageEnd(0)
    }
    #expect(outcome.received.errorCode == .protocolViolation)
    #expect(outcome.said == .protocolViolation)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")) == [".busy.p2p-copy-partial"])
  }

  @Test("A name that comes twice: the second meets the first, and the policy decides")
  func nameTwice() async throws {
    let outcome = try await receive { peer in
      try await peer.send(page: [entry("x"), entry("x")])
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: [(0, [1]), (1, [2])])
      try await peer.sendPageEnd(0)
      #expect(try await peer.receivePageReceipt().failures.map(\.index) == [1])
      try await peer.sendEnd([.file("x", [1])])
    }
    #expect(outcome.received.errorCode == .destinationExists)
    #expect(try folder.tree("out") == ["x": [1]])
  }

  @Test("Nothing is written through a link that the same transfer brought")
  func throughLink() async throws {
    for isNextPage in [true, false] {
      let outcome = try await receive { peer in
        // To a directory inside, which is allowed; a file below the link is not.
        let link = self.link("a", to: "real")
        let directory = PageEntry(path: Array("real".utf8), kind: .directory, metadata: nil)
        if isNextPage {
          try await peer.send(page: [directory, link])
          _ = try await peer.receiveAnswer()
          try await peer.sendPageEnd(0)
          _ = try await peer.receive()
          try await peer.send(page: [entry("a/b")], first: 2)
          _ = try await peer.receiveAnswer()
          try await peer.send(pack: [(2, [66])])
          try await peer.sendPageEnd(2)
        } else {
          try await peer.send(page: [directory, link, entry("a/b")])
          _ = try await peer.receiveAnswer()
          try await peer.send(pack: [(2, [66])])
          try await peer.sendPageEnd(0)
        }
        _ = try await peer.receive()
        peer.connection.abort()
      }
      #expect(outcome.received.errorCode != nil)
      #expect(try folder.tree("out/real").isEmpty)
      try FileManager.default.removeItem(atPath: folder.path("out"))
      try folder.makeDirectory("out")
    }
  }

  @Test("Nothing is written through a link that lies in the output directory")
  func plantedLink() async throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/dir"), withDestinationPath: folder.path("outside"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/file"), withDestinationPath: folder.path("victim"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/.large.p2p-copy-partial"), withDestinationPath: folder.path("victim"))
    var transfer = QuickTransfer()
    transfer.receiveOptions.conflictPolicy = .overwrite
    let outcome = try await receive(transfer) { peer in
      try await peer.send(page: [entry("dir/x"), entry("file"), entry("large", size: 3)])
      let answer = try await peer.receiveAnswer()
      // Whatever it says about the first, nothing is told of what the links lead to.
      #expect(!answer.dispositions.contains { $0.position > 0 })
      try await peer.send(pack: [(1, [66])])
      try await peer.send(chunk: [66, 67, 68], of: 2, at: 0)
      try await peer.sendFileEnd(2, [66, 67, 68])
      try await peer.sendPageEnd(0)
      _ = try await peer.receive()
      peer.connection.abort()
    }
    #expect(outcome.received.errorCode != nil)
    #expect(folder.read("out/file") == [66])
    #expect(folder.read("out/large") == [66, 67, 68])
  }

  enum Violation: String, CaseIterable {
    case fileTwiceInPacks, fileTwiceInChunks, chunkOfUnknown, chunkOfDirectory, gap, overlap
    case negativeOffset, tooManyPages, tooManyEntries, noEntries, pageOutOfOrder, pageTwice, packWithLongFile
    case packWithHugeFile, packCut, chunkTooLarge, chunkLonger, chunkShorter, fileInFile, packInFile, endInFile
    case pageEndInFile, pageEndTwice, pageEndEarly, endEarly, wrongTotals, wrongTree, checksUnasked
    case unknownKind, emptyRecord, receiverRecord, manifestTwice, controlTooLong, notJSON, failureOfUnknown
    case failureTwice, textAmongRecords, unencryptedRecord
  }

  @Test("Everything out of turn ends the session with an error that is told", arguments: Violation.allCases)
  func violation(_ violation: Violation) async throws {
    let outcome = try await receive { peer in
      switch violation {
      case .noEntries: try await peer.send(page: [])
      case .tooManyEntries:
        try await peer.send(page: (0..<2049).map { entry("\($0)") })
      case .tooManyPages:
        for index in 0..<9 { try await peer.send(page: [entry("\(index)")], first: UInt64(index)) }
      case .pageOutOfOrder: try await peer.send(page: [entry("x")], first: 1)
      case .pageTwice:
        try await peer.send(page: [entry("x")])
        try await peer.send(page: [entry("x")])
      case .unknownKind: try await peer.send(body: [11, 1, 2, 3])
      case .emptyRecord: try await peer.send(body: [])
      case .receiverRecord: try await peer.send { PageAnswer(firstIndex: 0).write(as: .answer, to: &$0) }
      case .manifestTwice: try await peer.send(.manifest(RecordPeer.offer))
      case .controlTooLong: try await peer.send(control: [UInt8](repeating: 0x20, count: 1 << 20))
      case .notJSON: try await peer.send(control: Array("{\"type\":".utf8))
      case .textAmongRecords: try await peer.connection.send(.text("{}"))
      case .unencryptedRecord:
        try await peer.connection.send(.binary(ByteBuffer(bytes: [UInt8](repeating: 0, count: 100))))
      default: try await dataViolation(violation, peer)
      }
    }
    let expected: P2PCopyError.Code =
      switch violation {
      case .wrongTotals, .wrongTree, .unencryptedRecord: .checksumMismatch
      default: .protocolViolation
      }
    #expect(outcome.received.errorCode == expected)
    #expect(outcome.said == expected)
    // What was complete before may be there, under its name and with its content; nothing else may.
    for (name, content) in try folder.tree("out") where !name.hasSuffix(".p2p-copy-partial") {
      #expect(name == "x" && content == [1] || name == "y" && content == [2], "\(name)")
    }
  }

  private func dataViolation(_ violation: Violation, _ peer: RecordPeer) async throws {
    try await peer.send(
      page: [
        entry("x"), entry("y"), entry("z", size: 100),
        PageEntry(path: Array("d".utf8), kind: .directory, metadata: nil),
      ])
    if violation == .pageEndEarly {
      try await peer.sendPageEnd(7)
      return
    }
    _ = try await peer.receiveAnswer()
    switch violation {
    case .fileTwiceInPacks:
      try await peer.send(pack: [(0, [1])])
      try await peer.send(pack: [(0, [2])])
    case .fileTwiceInChunks:
      try await peer.send(chunk: [1], of: 0, at: 0)
      try await peer.sendFileEnd(0, [1])
      try await peer.send(chunk: [2], of: 0, at: 0)
    case .chunkOfUnknown: try await peer.send(chunk: [1], of: 4, at: 0)
    case .chunkOfDirectory: try await peer.send(chunk: [1], of: 3, at: 0)
    case .gap:
      try await peer.send(chunk: [1], of: 2, at: 0)
      try await peer.send(chunk: [1], of: 2, at: 2)
    case .overlap:
      try await peer.send(chunk: [1, 2], of: 2, at: 0)
      try await peer.send(chunk: [1], of: 2, at: 1)
    case .negativeOffset: try await peer.send(chunk: [1], of: 2, at: UInt64.max)
    case .packWithLongFile: try await peer.send(packBody: TestPack.body([(0, [1])], byteCount: 2))
    case .packWithHugeFile: try await peer.send(packBody: TestPack.body([(0, [1])], byteCount: .max))
    case .packCut: try await peer.send(packBody: Array(TestPack.body([(0, [1])], byteCount: 1).dropLast(5)))
    case .chunkTooLarge:
      try await peer.send(chunk: [UInt8](repeating: 1, count: (1 << 20) + 1), of: 2, at: 0)
    case .chunkLonger: try await peer.send(chunk: [1, 2], of: 2, at: 0, announcing: 1)
    case .chunkShorter: try await peer.send(chunk: [1, 2], of: 2, at: 0, announcing: 3)
    case .fileInFile:
      try await peer.send(chunk: [1], of: 2, at: 0)
      try await peer.send(chunk: [1], of: 0, at: 0)
    case .packInFile:
      try await peer.send(chunk: [1], of: 2, at: 0)
      try await peer.send(pack: [(0, [1])])
    case .endInFile:
      try await peer.send(chunk: [1], of: 2, at: 0)
      try await peer.sendEnd([])
    case .pageEndInFile:
      try await peer.send(chunk: [1], of: 2, at: 0)
      try await peer.sendPageEnd(0)
    case .endEarly: try await peer.sendEnd([])
    case .checksUnasked:
      try await peer.send(
        PageChecks(firstIndex: 0, checks: [PageChecks.Check(position: 0, digest: Self.digest([1]))]).write)
    case .failureOfUnknown: try await peer.sendFailure(of: 17)
    case .failureTwice:
      try await peer.sendFailure(of: 0)
      try await peer.sendFailure(of: 0)
    case .pageEndTwice, .wrongTotals, .wrongTree:
      try await peer.send(pack: [(0, [1]), (1, [2])])
      try await peer.sendFailure(of: 2)
      try await peer.sendPageEnd(0)
      _ = try await peer.receive()
      let delivered = [TestDelivery.file("x", [1]), .file("y", [2]), .directory("d")]
      switch violation {
      case .pageEndTwice: try await peer.sendPageEnd(0)
      case .wrongTotals: try await peer.sendEnd(delivered, extraByteCount: 1)
      default: try await peer.sendEnd([.file("x", [1]), .file("y", [3]), .directory("d")])
      }
    default: Issue.record("\(violation) is not played")
    }
  }

  @Test("A file whose digest is wrong gets no final name, and nothing of it is continued")
  func wrongDigest() async throws {
    let outcome = try await receive { peer in
      try await peer.send(page: [entry("x", size: 3), entry("y", size: 3), entry("good")])
      _ = try await peer.receiveAnswer()
      try await peer.send(chunk: [1, 2, 3], of: 0, at: 0)
      try await peer.sendFileEnd(0, [1, 2, 4])
      try await peer.send(packBody: TestPack.body([(1, [1, 2, 3])], digestOf: [1, 2, 4]))
      try await peer.send(pack: [(2, [7])])
      try await peer.sendPageEnd(0)
      let receipt = try await peer.receivePageReceipt()
      #expect(receipt.failures.map(\.index) == [0, 1])
      #expect(receipt.failures.allSatisfy { $0.code == .checksumMismatch })
      try await peer.sendEnd([.file("good", [7])])
    }
    #expect(outcome.received.errorCode == .checksumMismatch)
    #expect(try folder.tree("out") == ["good": [7]])
  }

  @Test("A file that never comes is missed; one that is shorter or longer than its end says is refused")
  func missing() async throws {
    let outcome = try await receive { peer in
      try await peer.send(page: [entry("x"), entry("good")])
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: [(1, [7])])
      try await peer.sendPageEnd(0)
      #expect(try await peer.receivePageReceipt().failures.map(\.code) == [.incomplete])
      try await peer.sendEnd([.file("good", [7])])
    }
    #expect(outcome.received.errorCode == .incomplete)
    #expect(try folder.tree("out") == ["good": [7]])
    for size in [Int64(2), 4] {
      let outcome = try await receive { peer in
        try await peer.send(page: [entry("x", size: 3)])
        _ = try await peer.receiveAnswer()
        try await peer.send(chunk: [1, 2, 3], of: 0, at: 0)
        try await peer.sendFileEnd(0, [1, 2, 3], byteCount: size)
      }
      #expect(outcome.received.errorCode == .protocolViolation)
      #expect(folder.read("out/x") == nil)
    }
  }

  @Test("A bomb is stopped at what its header announces", arguments: [false, true])
  func bomb(isPage: Bool) async throws {
    let zeros = [UInt8](repeating: 0, count: 32 << 20)
    var packed = [UInt8](repeating: 0, count: ZstdCompressor().maximumCompressedByteCount(for: zeros.count))
    let context = try ZstdCompressor().makeCompressionContext()
    let count = try packed.withUnsafeMutableBytes { memory in
      var span = OutputRawSpan(buffer: memory, initializedCount: 0)
      try context.compress(zeros.span.bytes, into: &span)
      return span.finalize(for: memory)
    }
    let bomb = Array(packed[..<count])
    for announced in [1 << 10, isPage ? ManifestPage.maximumByteCount : 1 << 20] {
      let outcome = try await receive { peer in
        if isPage {
          try await peer.send(bulk: .page, bomb, index: 0, announcing: announced, isCompressed: true)
          return
        }
        try await peer.send(page: [entry("x", size: 32 << 20)])
        _ = try await peer.receiveAnswer()
        try await peer.send(bulk: .chunk, bomb, index: 0, announcing: announced, isCompressed: true)
      }
      #expect(outcome.received.errorCode == .corruptData)
      #expect(outcome.said == .corruptData)
      #expect(folder.read("out/x") == nil)
      #expect((folder.read("out/.x.p2p-copy-partial") ?? []).isEmpty)
    }
    // Nor may a header announce it.
    let outcome = try await receive { peer in
      try await peer.send(page: [entry("x", size: 32 << 20)])
      _ = try await peer.receiveAnswer()
      try await peer.send(bulk: .chunk, bomb, index: 0, announcing: 32 << 20, isCompressed: true)
    }
    #expect(outcome.received.errorCode == .protocolViolation)
  }

  @Test("Compression that was not agreed is refused")
  func compressionNotAgreed() async throws {
    var offer = RecordPeer.offer
    offer.codecs.compressors = [CodecOffer.Entry(name: .none)]
    let outcome = try await receive(offering: offer) { peer in
      try await peer.send(page: [entry("x")])
      _ = try await peer.receiveAnswer()
      try await peer.send(bulk: .chunk, [1, 2, 3], index: 0, announcing: 10, isCompressed: true)
    }
    #expect(outcome.received.errorCode == .protocolViolation)
  }

  @Test("Pages whose digests never come do not pile up")
  func checksWithheld() async throws {
    try folder.write([1], to: "out/x")
    let outcome = try await receive { peer in
      for index in 0..<100 {
        try await peer.send(page: [entry("x")], first: UInt64(index))
        #expect(try await peer.receiveAnswer().dispositions.map(\.disposition) == [.check])
        try await peer.sendPageEnd(UInt64(index))
        _ = try await peer.receivePageReceipt()
        #expect(index == 0, "page after page")
      }
    }
    #expect(outcome.received.errorCode == .protocolViolation)
    #expect(folder.read("out/x") == [1])
  }

  @Test("Hundreds of thousands of bad names are counted, not kept, and leave nothing behind")
  func manyBadNames() async throws {
    let pageCount = 100
    let finished = Mutex<TransferSummary?>(nil)
    let transfer = QuickTransfer()
    let receiver = try Receiver(relay: "memory://relay", code: QuickTransfer.code, codecs: transfer.codecs)
    async let received = transfer.watched {
      await result {
        try await receiver.receive(into: folder.path("out")) { events in
          for await event in events {
            if case .finished(let summary) = event { finished.withLock { $0 = summary } }
          }
        }
      }
    }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    try await peer.negotiate()
    for page in 0..<pageCount {
      let first = UInt64(page * 2048)
      try await peer.send(
        page: (0..<2048).map { entry("../\(first)-\($0)/\u{1B}[2J", size: .max) }, first: first)
      #expect(try await peer.receiveAnswer().dispositions.count == 2048)
      try await peer.sendPageEnd(first)
      _ = try await peer.receivePageReceipt()
    }
    try await peer.sendEnd([])
    #expect(await peer.lastWord() == nil)
    await peer.finish()
    guard case .failure(let error as P2PCopyError) = await received else {
      Issue.record("the transfer succeeded")
      return
    }
    #expect(error.code == .unsafePath)
    #expect(!error.message.contains("\u{1B}"))
    let summary = try #require(finished.withLock { $0 })
    #expect(summary.failureCount == pageCount * 2048)
    #expect(summary.failures.count == TransferSummary.maximumFailureCount)
    #expect(try folder.tree("out").isEmpty)
  }
}
