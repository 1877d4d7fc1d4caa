import Foundation
import NIOCore
import P2PCopy
import P2PCopyProtocol1
import P2PCopyTesting
import P2PCopyWire
import SystemPackage
import TestSupport
import Testing

/// What a listener is told of how far a transfer is: never more than is so.
@Suite("Progress")
struct ProgressTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  @Test("All of it is done only at the end, on both sides", arguments: TransferProtocol.allCases)
  func notDoneBeforeTheEnd(transferProtocol: TransferProtocol) async throws {
    try folder.write(TestContent.random(5 << 20, seed: 1), to: "tree/large")
    for index in 0..<20 { try folder.write([UInt8(index)], to: "tree/\(index)") }
    let transfer = InMemoryTransfer(transferProtocol)
    let (sent, received) = (EventRecorder(), EventRecorder())
    let sender = try transfer.sender()
    let receiver = try transfer.receiver()
    async let receiving = receiver.receive(into: folder.path("out"), listener: received.listener)
    try await sender.send([folder.path("tree")], listener: sent.listener)
    _ = try await receiving
    let total: Int64 = (5 << 20) + 20
    for recorder in [sent, received] {
      let progress = recorder.progress
      #expect(progress.last?.byteCount == total && progress.last?.fileCount == 21)
      for step in progress.dropLast() where step.isTotalKnown {
        #expect(step.totalByteCount == total && step.byteCount < total)
      }
      #expect(progress.first?.byteCount == 0)
      #expect(recorder.finishedPaths.count == 21)
      #expect(recorder.summary?.transferredByteCount == total)
    }
  }

  @Test("A transfer that never began reports no progress")
  func neverBegan() async throws {
    try folder.write([1], to: "file")
    var transfer = InMemoryTransfer()
    transfer.sendOptions.peerTimeout = .milliseconds(20)
    let recorder = EventRecorder()
    let sender = try transfer.sender()
    _ = await result { try await sender.send([folder.path("file")], listener: recorder.listener) }
    #expect(recorder.progress.isEmpty && recorder.summary != nil)
  }

  @Test("A receiver tells of each file when it is in place, not when its page is")
  func eachFile() async throws {
    let transfer = QuickTransfer()
    let recorder = EventRecorder()
    let receiver = try Receiver(
      relay: "memory://relay", code: QuickTransfer.code, codecs: transfer.codecs, options: transfer.receiveOptions)
    async let received = transfer.watched {
      await result { try await receiver.receive(into: folder.path("out"), listener: recorder.listener) }
    }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    try await peer.negotiate()
    try await peer.send(
      page: ["a", "b", "c"].map { PageEntry(path: Array($0.utf8), kind: .file(byteCount: 1), metadata: nil) })
    _ = try await peer.receiveAnswer()
    try await peer.send(pack: [(0, [1])])
    try await recorder.wait { $0.finishedPaths == ["a"] }
    #expect(folder.read("out/a") == [1])
    try await peer.send(chunk: [2], of: 1, at: 0)
    try await peer.sendFileEnd(1, [2])
    try await recorder.wait { $0.finishedPaths == ["a", "b"] }
    #expect(folder.read("out/b") == [2])
    peer.connection.abort()
    #expect(await received.errorCode == .peerLeft)
    // What is in place counts, although the transfer failed.
    #expect(recorder.summary?.completeFileCount == 2)
  }

  /// Lets a sender with one file of 3 MiB meet a receiver that the test plays, up to the end of the page.
  private func send(
    _ recorder: EventRecorder, to receiver: @Sendable (RecordPeer) async throws -> Void
  ) async throws -> Result<TransferSummary, any Error> {
    try folder.write(Self.content, to: "tree/file")
    var transfer = QuickTransfer()
    transfer.sendOptions.compression = .off
    let sender = try Sender(
      relay: "memory://relay", code: QuickTransfer.code, codecs: transfer.codecs, options: transfer.sendOptions)
    async let sent = transfer.watched {
      await result { try await sender.send([folder.path("tree")], listener: recorder.listener) }
    }
    let peer = try await RecordPeer.meet(as: .receiver, at: transfer.relay)
    try await peer.negotiateAsReceiver()
    try await peer.awaitRecord(.page)
    try await peer.answer([])
    try await peer.awaitRecord(.pageEnd)
    try await receiver(peer)
    return await sent
  }

  private static let content = TestContent.random(3 << 20, seed: 2)
  private static let delivered: [TestDelivery] = [.directory("tree"), .file("tree/file", content)]

  @Test("A sender shows what the receiver has, not what it handed over")
  func acknowledged() async throws {
    let recorder = EventRecorder()
    let sent = try await send(recorder) { peer in
      // Everything is sent by now, and nothing is acknowledged.
      #expect(recorder.progress.allSatisfy { $0.byteCount == 0 && $0.fileCount == 0 })
      try await Task.sleep(for: .milliseconds(150))
      try await peer.send(.stored(byteCount: 1 << 20))
      try await recorder.wait { $0.progress.contains { $0.byteCount == 1 << 20 } }
      #expect(recorder.progress.allSatisfy { $0.fileCount == 0 })
      // Fewer than before: nobody takes anything back.
      try await peer.send(.stored(byteCount: 1))
      peer.connection.abort()
    }
    #expect(sent.errorCode == .peerLeft)
    #expect(recorder.summary?.transferredByteCount == 1 << 20)
    #expect(recorder.summary?.completeFileCount == 0)
  }

  @Test("A receiver says how much it has stored")
  func acknowledging() async throws {
    var transfer = QuickTransfer()
    transfer.receiveOptions.acknowledgementInterval = .zero
    let ready = transfer
    async let received = ready.watched { await ready.receive(into: folder.path("out")) }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    try await peer.negotiate()
    try await peer.send(page: [PageEntry(path: Array("a".utf8), kind: .stream, metadata: nil)])
    _ = try await peer.receiveAnswer()
    for (chunk, stored) in [([1, 2, 3], 3), ([4, 5], 5)] as [([UInt8], UInt64)] {
      try await peer.send(chunk: chunk, of: 0, at: stored - UInt64(chunk.count))
      var body = try await peer.receiveAny()
      while body.first == RecordKind.received.rawValue { body = try await peer.receiveAny() }
      #expect(try SessionMessage(decoding: body.dropFirst()) == .stored(byteCount: stored))
    }
    peer.connection.abort()
    #expect(await received.errorCode == .peerLeft)
  }

  @Test("Directories and links that were there are not counted, on either side")
  func present() async throws {
    try folder.makeDirectory("tree/old")
    try folder.makeDirectory("tree/new")
    for path in ["tree/link", "out/tree/link"] {
      try folder.makeDirectory("out/tree/old")
      try FileManager.default.createSymbolicLink(atPath: folder.path(path), withDestinationPath: "old")
    }
    let transfer = QuickTransfer()
    let summaries = try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    for summary in [summaries.sent, summaries.received] {
      #expect(summary.directoryCount == 1 && summary.linkCount == 0)
    }
  }

  @Test("A receiver that acknowledges more than it was sent is not believed")
  func boasting() async throws {
    let recorder = EventRecorder()
    let sent = try await send(recorder) { peer in
      try await peer.send(.stored(byteCount: .max))
      try await peer.send(control: Array(#"{"type":"stored","bytes":18446744073709551615}"#.utf8))
      try await peer.send(
        PageReceipt(firstIndex: 0, treeDigest: TestDelivery.totals(of: Self.delivered).treeDigest, failures: []).write)
      try await peer.awaitEnd()
      #expect(recorder.progress.allSatisfy { !$0.isTotalKnown || $0.byteCount < 3 << 20 })
      try await peer.sendReceipt(Self.delivered, presentDirectoryCount: .max)
      await peer.finish()
    }
    let summary = try sent.get()
    #expect(summary.transferredByteCount == 3 << 20 && summary.directoryCount == 0 && summary.completeFileCount == 1)
    #expect(recorder.progress.last?.byteCount == 3 << 20)
  }

  @Test("Numbers that are none end the session", arguments: ["-1", "1.5", "1e30", "\"1\"", "null"])
  func malformed(number: String) async throws {
    let sent = try await send(EventRecorder()) { peer in
      try await peer.send(control: Array(#"{"type":"stored","bytes":\#(number)}"#.utf8))
      #expect(await peer.lastWord() == .protocolViolation)
      await peer.finish()
    }
    #expect(sent.errorCode == .protocolViolation)
  }

  // MARK: Sizes that add up to more than there are numbers for

  private func expectSaturated(_ recorder: EventRecorder) {
    #expect(recorder.progress.contains { $0.totalByteCount == .max })
    #expect(recorder.progress.allSatisfy { $0.totalByteCount >= 0 && $0.byteCount <= $0.totalByteCount })
  }

  @Test("Protocol 2: a sender that announces more than 2^63 bytes")
  func hugePages() async throws {
    let transfer = QuickTransfer()
    let recorder = EventRecorder()
    let receiver = try Receiver(
      relay: "memory://relay", code: QuickTransfer.code, codecs: transfer.codecs, options: transfer.receiveOptions)
    // A directory has no room for it, and says so.
    let null = try FileDescriptor.open("/dev/null", .writeOnly)
    defer { try? null.close() }
    async let received = transfer.watched {
      await result { try await receiver.receive(to: StreamDestination(null), listener: recorder.listener) }
    }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    try await peer.negotiate()
    for page in 0..<3 {
      try await peer.send(
        page: (0..<3).map { PageEntry(path: Array("\(page)-\($0)".utf8), kind: .file(byteCount: .max), metadata: nil) },
        first: UInt64(3 * page))
      _ = try await peer.receiveAnswer()
    }
    try await peer.send(.manifestEnd(SessionTotals(), failureCount: .max))
    try await peer.send(chunk: [1, 2, 3], of: 0, at: 0)
    try await recorder.wait { $0.progress.contains { $0.totalByteCount > 0 } }
    peer.connection.abort()
    #expect(await received.errorCode == .peerLeft)
    expectSaturated(recorder)
  }

  @Test("Protocol 1: senders whose manifests together announce more than 2^63 bytes")
  func hugeManifests() async throws {
    var transfer = InMemoryTransfer(.one)
    transfer.code = "n=3=nsecret"
    let recorder = EventRecorder()
    let receiver = try transfer.receiver()
    async let received = result { try await receiver.receive(into: folder.path("out"), listener: recorder.listener) }
    for index in 0..<3 {
      let peer = try await InMemoryPeer.connect(as: .sender, to: transfer.relay, code: "\(index)n=3=nsecret")
      let name = "file\(index)"
      try await peer.send(.manifest(entries: [ManifestEntry(path: Array(name.utf8), byteCount: .max)], resume: false))
      try await peer.send(
        .file(FileHeader(path: Array(name.utf8), byteCount: .max, compression: .none, appendFrom: 0)))
      try await peer.send(chunks: [[1, 2, 3]])
      try await recorder.wait { $0.progress.contains { $0.totalFileCount == index + 1 } }
      peer.connection.abort()
    }
    #expect(await received.errorCode == .peerLeft)
    expectSaturated(recorder)
  }
}
