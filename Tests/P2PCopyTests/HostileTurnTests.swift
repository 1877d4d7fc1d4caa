import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import TestSupport
import Testing

/// A sender that knows the code and does things out of turn.
@Suite("Hostile sender of protocol 2, out of turn")
struct HostileTurnTests {
  let rig: HostileSenderRig
  private var folder: TemporaryDirectory { rig.folder }

  init() throws {
    rig = try HostileSenderRig()
  }

  enum Violation: String, CaseIterable {
    case fileTwiceInPacks, fileTwiceInChunks, chunkOfUnknown, chunkOfDirectory, gap, overlap
    case negativeOffset, tooManyPages, tooManyEntries, noEntries, pageOutOfOrder, pageTwice, packWithLongFile
    case packWithHugeFile, packCut, chunkTooLarge, chunkLonger, chunkShorter, fileInFile, packInFile, endInFile
    case pageEndInFile, pageEndTwice, pageEndEarly, endEarly, wrongTotals, wrongTree, checksUnasked
    case unknownKind, emptyRecord, receiverRecord, manifestTwice, controlTooLong, notJSON, failureOfUnknown
    case failureTwice, textAmongRecords, unencryptedRecord
    case againBeforeBegin, againTwice, againAfterEnd, againOfAnother, againOfUnknown, againOfDirectory
    case againOfStream, againLong, againOfPacked, chunkNotFromTheBeginningAgain
  }

  @Test("Everything out of turn ends the session with an error that is told", arguments: Violation.allCases)
  func violation(_ violation: Violation) async throws {
    let outcome = try await rig.receive { peer in
      switch violation {
      case .noEntries: try await peer.send(page: [])
      case .tooManyEntries:
        try await peer.send(page: (0..<2049).map { rig.entry("\($0)") })
      case .tooManyPages:
        for index in 0..<9 { try await peer.send(page: [rig.entry("\(index)")], first: UInt64(index)) }
      case .pageOutOfOrder: try await peer.send(page: [rig.entry("x")], first: 1)
      case .pageTwice:
        try await peer.send(page: [rig.entry("x")])
        try await peer.send(page: [rig.entry("x")])
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
        rig.entry("x"), rig.entry("y"), rig.entry("z", size: 100),
        PageEntry(path: Array("d".utf8), kind: .directory, metadata: nil),
        PageEntry(path: Array("s".utf8), kind: .stream, metadata: nil),
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
    case .chunkOfUnknown: try await peer.send(chunk: [1], of: 5, at: 0)
    case .againBeforeBegin: try await peer.sendAgain(2)
    case .againTwice:
      for _ in 0..<2 {
        try await peer.send(chunk: [1], of: 2, at: 0)
        try await peer.sendAgain(2)
      }
    case .againAfterEnd:
      try await peer.send(chunk: [1], of: 0, at: 0)
      try await peer.sendFileEnd(0, [1])
      try await peer.sendAgain(0)
    case .againOfAnother:
      try await peer.send(chunk: [1], of: 2, at: 0)
      try await peer.sendAgain(1)
    case .againOfUnknown: try await peer.sendAgain(.max)
    case .againOfDirectory: try await peer.sendAgain(3)
    case .againOfStream:
      try await peer.send(chunk: [1], of: 4, at: 0)
      try await peer.sendAgain(4)
    case .againLong:
      try await peer.send(chunk: [1], of: 2, at: 0)
      try await peer.send(body: [13] + [UInt8](repeating: 0, count: 7) + [2, 0])
    case .againOfPacked:
      try await peer.send(pack: [(0, [1])])
      try await peer.sendAgain(0)
    case .chunkNotFromTheBeginningAgain:
      try await peer.send(chunk: [1], of: 2, at: 0)
      try await peer.sendAgain(2)
      try await peer.send(chunk: [2], of: 2, at: 1)
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
        PageChecks(firstIndex: 0, checks: [PageChecks.Check(position: 0, digest: TestDigests.xxh128([1]))]).write)
    case .failureOfUnknown: try await peer.sendFailure(of: 17)
    case .failureTwice:
      try await peer.sendFailure(of: 0)
      try await peer.sendFailure(of: 0)
    case .pageEndTwice, .wrongTotals, .wrongTree:
      try await peer.send(pack: [(0, [1]), (1, [2])])
      try await peer.sendFailure(of: 2)
      try await peer.sendFailure(of: 4)
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
}
