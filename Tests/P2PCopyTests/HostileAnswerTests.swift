import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import TestSupport
import Testing

/// A receiver that knows the code and whose every record is the test's: the sender never reports success.
@Suite("Hostile receiver of protocol 2")
struct HostileAnswerTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write([1], to: "tree/a")
    try folder.write([2], to: "tree/b")
    try folder.makeDirectory("tree/d")
  }

  private static let delivered: [TestDelivery] = [
    .directory("tree"), .file("tree/a", [1]), .file("tree/b", [2]), .directory("tree/d"),
  ]

  /// Lets a sender meet a receiver that the test plays.
  private func send(
    resuming: Bool = true, _ receiver: @Sendable (RecordPeer, ManifestPage) async throws -> Void
  ) async throws -> (sent: Result<TransferSummary, any Error>, said: P2PCopyError.Code?) {
    var transfer = QuickTransfer()
    transfer.sendOptions.compression = .off
    transfer.sendOptions.resume = resuming
    let ready = transfer
    async let sent = ready.watched { await ready.send([folder.path("tree")]) }
    let peer = try await RecordPeer.meet(as: .receiver, at: transfer.relay)
    _ = await result {
      try await peer.negotiateAsReceiver()
      var body = ByteBuffer(bytes: try await peer.receive())
      let header = try BulkHeader(readingFrom: &body, limit: 1 << 20)
      try #require(header.kind == .page)
      let page = try ManifestPage(firstIndex: header.index, readingFrom: &body)
      #expect(page.entries.map { String(decoding: $0.path, as: UTF8.self) } == ["tree", "tree/a", "tree/b", "tree/d"])
      try await receiver(peer, page)
    }
    let said = await peer.lastWord()
    await peer.finish()
    return (await sent, said)
  }

  enum Violation: String, CaseIterable {
    case answerForUnknownPage, moreAnswersThanPages, positionBeyondPage, unchangedUnchecked, continuesDirectory
    case completeDirectory, completeVerdict
    case checkDirectory, verdictUnasked, verdictForUnchecked, verdictContinues, pageReceiptEarly
    case pageReceiptForUnknown, pageReceiptTwice, receiptBeforeEnd, failureOfUnknown, failureOfRefused
    case manifest, senderRecord, unknownKind, controlTooLong, selectionTwice
    case wrongPageTree, wrongTree, wrongTotals
  }

  @Test("Everything out of turn ends the session with an error that is told", arguments: Violation.allCases)
  func violation(_ violation: Violation) async throws {
    let outcome = try await send { peer, _ in
      switch violation {
      case .answerForUnknownPage: try await peer.answer([], first: 7)
      case .moreAnswersThanPages:
        try await peer.answer([])
        try await peer.answer([])
      case .positionBeyondPage: try await peer.answer([(4, .skipped)])
      case .unchangedUnchecked: try await peer.answer([(1, .unchanged)])
      case .continuesDirectory: try await peer.answer([(0, .continues(at: 1))])
      case .checkDirectory: try await peer.answer([(0, .check)])
      case .completeDirectory: try await peer.answer([(0, .completeByTimes)])
      case .completeVerdict:
        try await peer.answer([(1, .check)])
        try await peer.answer([(1, .completeByTimes)], as: .verdict)
      case .verdictUnasked:
        try await peer.answer([(0, .unchanged)], as: .verdict)
      case .verdictForUnchecked:
        try await peer.answer([(1, .check)])
        try await peer.answer([(2, .unchanged)], as: .verdict)
      case .verdictContinues:
        try await peer.answer([(1, .check)])
        try await peer.answer([(1, .continues(at: 1))], as: .verdict)
      case .pageReceiptEarly: try await peer.send(Self.pageReceipt().write)
      case .receiptBeforeEnd: try await peer.sendReceipt(Self.delivered)
      case .manifest: try await peer.send(.manifest(RecordPeer.offer))
      case .selectionTwice:
        try await peer.send(
          .receiverManifest(SessionSelection(from: RecordPeer.offer, for: QuickTransfer.quickCodecs)))
      case .senderRecord: try await peer.sendPageEnd(0)
      case .unknownKind: try await peer.send(body: [200])
      case .controlTooLong: try await peer.send(control: [UInt8](repeating: 0x20, count: 1 << 20))
      default: try await laterViolation(violation, peer)
      }
    }
    let expected: P2PCopyError.Code =
      [.wrongPageTree, .wrongTree, .wrongTotals].contains(violation) ? .checksumMismatch : .protocolViolation
    #expect(outcome.sent.errorCode == expected)
    #expect(outcome.said == expected)
  }

  @Test("A receiver that was not asked to go on with what it has cannot", arguments: [1, 2, 3])
  func notResuming(_ disposition: Int) async throws {
    let outcome = try await send(resuming: false) { peer, _ in
      switch disposition {
      case 1: try await peer.answer([(1, .continues(at: 1))])
      case 2: try await peer.answer([(1, .check)])
      default: try await peer.answer([(1, .completeByTimes)])
      }
    }
    #expect(outcome.sent.errorCode == .protocolViolation)
    #expect(outcome.said == .protocolViolation)
  }

  private static func pageReceipt(
    _ entries: [TestDelivery] = delivered, failures: [EntryFailureNotice] = [], first: UInt64 = 0
  ) -> PageReceipt {
    PageReceipt(firstIndex: first, treeDigest: TestDelivery.totals(of: entries).treeDigest, failures: failures)
  }

  private func laterViolation(_ violation: Violation, _ peer: RecordPeer) async throws {
    let failure = { (index: UInt64) in
      EntryFailureNotice(index: index, code: .destinationUnwritable, message: "full")
    }
    if violation == .failureOfRefused {
      try await peer.answer([(1, .refused(code: .unsafePath, message: "no"))])
    } else {
      try await peer.answer([])
    }
    try await peer.awaitRecord(.pageEnd)
    switch violation {
    case .pageReceiptForUnknown: try await peer.send(Self.pageReceipt(first: 4).write)
    case .failureOfUnknown: try await peer.send(Self.pageReceipt(failures: [failure(4)]).write)
    case .failureOfRefused: try await peer.send(Self.pageReceipt(failures: [failure(1)]).write)
    case .wrongPageTree: try await peer.send(Self.pageReceipt(Array(Self.delivered.dropLast())).write)
    default:
      try await peer.send(Self.pageReceipt().write)
      if violation == .pageReceiptTwice {
        try await peer.send(Self.pageReceipt().write)
        return
      }
      try await peer.awaitEnd()
      switch violation {
      case .wrongTree:
        try await peer.sendReceipt([
          .directory("tree"), .file("tree/a", [1]), .file("tree/b", [3]), .directory("tree/d"),
        ])
      default: try await peer.sendReceipt(Self.delivered, extraByteCount: 1)
      }
    }
  }

  @Test("A receiver that plays by the rules is believed")
  func honest() async throws {
    let outcome = try await send { peer, _ in
      try await peer.answer([])
      try await peer.awaitRecord(.pageEnd)
      try await peer.send(Self.pageReceipt().write)
      try await peer.awaitEnd()
      try await peer.sendReceipt(Self.delivered)
    }
    #expect(try outcome.sent.get().completeFileCount == 2)
  }

  @Test("What the receiver refused, skipped or could not store is no success, but for what it was asked to skip")
  func partial() async throws {
    let refusing = try await send { peer, _ in
      try await peer.answer([(1, .refused(code: .unsafePath, message: "no \u{1B}[2J"))])
      try await peer.awaitRecord(.pageEnd)
      let rest = [Self.delivered[0], Self.delivered[2], Self.delivered[3]]
      try await peer.send(Self.pageReceipt(rest).write)
      try await peer.awaitEnd()
      try await peer.sendReceipt(rest)
    }
    #expect(refusing.sent.errorCode == .peerFailed)
    let failing = try await send { peer, _ in
      try await peer.answer([])
      try await peer.awaitRecord(.pageEnd)
      let rest = [Self.delivered[0], Self.delivered[2], Self.delivered[3]]
      let failure = EntryFailureNotice(index: 1, code: .destinationUnwritable, message: "full")
      try await peer.send(Self.pageReceipt(rest, failures: [failure]).write)
      try await peer.awaitEnd()
      try await peer.sendReceipt(rest)
    }
    #expect(failing.sent.errorCode == .peerFailed)
    let late = try await send { peer, _ in
      try await peer.answer([])
      try await peer.awaitRecord(.pageEnd)
      try await peer.send(Self.pageReceipt().write)
      try await peer.awaitEnd()
      try await peer.sendReceipt(Self.delivered, failureCount: 1)
    }
    #expect(late.sent.errorCode == .peerFailed)
  }

  @Test("A receiver that leaves at any point leaves the sender with an error", arguments: 0...4)
  func leaves(after step: Int) async throws {
    let outcome = try await send { peer, _ in
      defer { peer.connection.abort() }
      if step == 0 { return }
      try await peer.answer([])
      if step == 1 { return }
      try await peer.awaitRecord(.pageEnd)
      if step == 2 { return }
      try await peer.send(Self.pageReceipt().write)
      if step == 4 { try await peer.awaitEnd() }
    }
    #expect(outcome.sent.errorCode == .peerLeft)
  }

  @Test("A false claim about how a file begins costs a comparison, not the file")
  func falsePrefix() async throws {
    let content = TestContent.random(600_000, seed: 1)
    try folder.write(content, to: "tree/a")
    let outcome = try await send { peer, _ in
      defer { peer.connection.abort() }
      try await peer.answer([(1, .continues(at: 600_000))])
      try await peer.send(chunkDigests: [[UInt8](repeating: 7, count: 16)], of: 1)
      var body = ByteBuffer(bytes: try await peer.receive(kind: .chunk))
      let header = try BulkHeader(readingFrom: &body, limit: 1 << 20)
      #expect(header.offset == 0)
      #expect(Array(body.readableBytesView) == content)
    }
    #expect(outcome.sent.errorCode != nil)
  }

  enum FalseDigests: CaseIterable {
    case moreThanThereIs, unaligned, beyondTheSize, outOfOrder, tooMany, twice, ofDirectory, unasked, ofUnknown
    case damagedBeforeItCame, ofAnotherLength
  }

  @Test("Digests of what is not there end the session", arguments: FalseDigests.allCases)
  func falseDigests(_ fault: FalseDigests) async throws {
    let content = TestContent.random(3 << 20, seed: 1)
    try folder.write(content, to: "tree/a")
    let digests = TestDigests.chunks(of: content).map(TestDigests.chunk)
    let outcome = try await send { peer, _ in
      switch fault {
      case .moreThanThereIs: try await peer.answer([(1, .continues(at: .max))])
      case .unaligned: try await peer.answer([(1, .continues(at: 1_000_000))])
      case .beyondTheSize: try await peer.answer([(1, .continues(at: 4 << 20))])
      case .unasked, .ofUnknown, .damagedBeforeItCame: break
      default: try await peer.answer([(1, .continues(at: 2 << 20))])
      }
      switch fault {
      case .moreThanThereIs, .unaligned, .beyondTheSize: break
      case .outOfOrder: try await peer.send(chunkDigests: digests, of: 1, from: 1)
      case .tooMany: try await peer.send(chunkDigests: digests, of: 1)
      case .twice:
        try await peer.send(chunkDigests: [digests[0]], of: 1)
        try await peer.send(chunkDigests: [digests[0]], of: 1)
      case .ofDirectory: try await peer.send(chunkDigests: [digests[0]], of: 0)
      case .unasked: try await peer.send(chunkDigests: [digests[0]], of: 1)
      case .ofUnknown: try await peer.send(chunkDigests: [digests[0]], .isDamaged, of: 77)
      case .damagedBeforeItCame: try await peer.send(chunkDigests: digests, .isDamaged, of: 1)
      case .ofAnotherLength: try await peer.send(chunkDigests: [digests[0] + [1]], of: 1)
      }
    }
    #expect(outcome.sent.errorCode == .protocolViolation)
    #expect(outcome.said == .protocolViolation)
  }

  @Test("What arrived damaged is sent once more, once")
  func damagedTwice() async throws {
    let content = TestContent.random(600_000, seed: 1)
    try folder.write(content, to: "tree/a")
    let none = [UInt8](repeating: 0, count: 16)
    let outcome = try await send { peer, _ in
      try await peer.answer([])
      try await peer.awaitRecord(.pageEnd)
      try await peer.send(chunkDigests: [none], .isDamaged, of: 1)
      var body = ByteBuffer(bytes: try await peer.receive(kind: .chunk))
      #expect(try BulkHeader(readingFrom: &body, limit: 1 << 20).offset == 0)
      #expect(Array(body.readableBytesView) == content)
      try await peer.awaitRecord(.fileEnd)
      try await peer.send(chunkDigests: [none], .isDamaged, of: 1)
    }
    #expect(outcome.sent.errorCode == .protocolViolation)
    #expect(outcome.said == .protocolViolation)
  }

  @Test(
    "A selection of what was not offered is refused", arguments: ["cipher", "digest", "compressor", "chunk", "count"])
  func selection(of what: String) async throws {
    let transfer = QuickTransfer()
    async let sent = transfer.watched { await transfer.send([folder.path("tree")]) }
    let peer = try await RecordPeer.meet(as: .receiver, at: transfer.relay)
    _ = try await peer.receive()
    try await peer.send(
      .receiverManifest(
        SessionSelection(
          codecs: CodecSelection(
            cipher: what == "cipher" ? "none" : "aes-256-gcm",
            compressor: what == "compressor" ? "lz4" : .none, digest: what == "digest" ? "crc32" : "xxh128"),
          chunkByteCount: what == "chunk" ? 1 << 24 : 1 << 20, connectionCount: what == "count" ? 9 : 1)))
    #expect(await peer.lastWord() == .protocolViolation)
    await peer.finish()
    #expect(await sent.errorCode == .protocolViolation)
  }
}
