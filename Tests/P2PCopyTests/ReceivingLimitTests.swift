import Foundation
import P2PCopy
import P2PCopyCore
import P2PCopyWire
import SystemPackage
import TestSupport
import Testing

/// How much a receiver takes: what is announced is counted, and what comes.
@Suite("Limits of a receiver")
struct ReceivingLimitTests {
  let rig: HostileSenderRig
  private var folder: TemporaryDirectory { rig.folder }

  init() throws {
    rig = try HostileSenderRig()
  }

  private static func transfer(bytes: Int64? = nil, files: Int? = nil) -> QuickTransfer {
    var transfer = QuickTransfer()
    transfer.receiveOptions.maximumByteCount = bytes
    transfer.receiveOptions.maximumFileCount = files
    return transfer
  }

  private func makeTree() throws {
    try folder.write(TestContent.random(2_000_000, seed: 1), to: "tree/large")
    for number in 0..<10 { try folder.write(TestContent.random(1000, seed: UInt64(number)), to: "tree/\(number)") }
  }

  // MARK: What is announced

  @Test("A tree that is announced with more ends before anything of it is written, and both sides know why")
  func announced() async throws {
    try makeTree()
    let results = await Self.transfer(bytes: 2_009_999).run([folder.path("tree")], into: folder.path("out"))
    #expect(results.received.errorCode == .limitExceeded, "\(results)")
    #expect(results.received.errorRemedy == .raiseReceivingLimits)
    #expect(results.sent.errorCode == .peerFailed, "\(results)")
    #expect(results.sent.errorMessage?.contains("at most 1.9 MiB are to be received") == true, "\(results)")
    #expect(try folder.tree("out").isEmpty)
    try await Self.transfer(bytes: 2_010_000).succeed([folder.path("tree")], into: folder.path("out"))
  }

  @Test("What is there does not count as bytes, whole or in part, and counts as files")
  func present() async throws {
    try makeTree()
    try await QuickTransfer().succeed([folder.path("tree")], into: folder.path("out"))
    let large = try #require(folder.read("tree/large"))
    try FileManager.default.removeItem(atPath: folder.path("out/tree/large"))
    try folder.write(Array(large[..<1_500_000]), to: "out/tree/.large.p2p-copy-partial")
    // What is gone on with are whole chunks.
    let missing = Int64(2_000_000 - (1 << 20))
    let few = await Self.transfer(bytes: missing - 1).run([folder.path("tree")], into: folder.path("out"))
    #expect(few.received.errorCode == .limitExceeded, "\(few)")
    let summaries = try await Self.transfer(bytes: missing, files: 12).succeed(
      [folder.path("tree")], into: folder.path("out"))
    #expect(summaries.received.transferredByteCount == missing)
    let fewer = await Self.transfer(bytes: 0, files: 11).run([folder.path("tree")], into: folder.path("out"))
    #expect(fewer.received.errorCode == .limitExceeded, "\(fewer)")
    #expect(fewer.sent.errorMessage?.contains("12 files, directories and links") == true, "\(fewer)")
    try await Self.transfer(bytes: 0, files: 12).succeed([folder.path("tree")], into: folder.path("out"))
  }

  @Test("Too many entries end it before a directory is made")
  func entries() async throws {
    for number in 0..<5 { try folder.makeDirectory("tree/\(number)") }
    let results = await Self.transfer(files: 5).run([folder.path("tree")], into: folder.path("out"))
    #expect(results.received.errorCode == .limitExceeded, "\(results)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).isEmpty)
    try await Self.transfer(files: 6).succeed([folder.path("tree")], into: folder.path("out"))
  }

  @Test("What was complete when a later page exceeds them stays")
  func later() async throws {
    let outcome = try await rig.receive(Self.transfer(bytes: 10)) { peer in
      try await peer.send(page: [rig.entry("a", size: 5)])
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: [(0, [1, 2, 3, 4, 5])])
      try await peer.sendPageEnd(0)
      _ = try await peer.receivePageReceipt()
      try await peer.send(page: [rig.entry("b", size: 6)], first: 1)
    }
    #expect(outcome.received.errorCode == .limitExceeded)
    #expect(outcome.said == .limitExceeded)
    #expect(try folder.tree("out") == ["a": [1, 2, 3, 4, 5]])
  }

  @Test("What the sender withdraws does not count any more")
  func withdrawn() async throws {
    let outcome = try await rig.receive(Self.transfer(bytes: 10)) { peer in
      try await peer.send(page: [rig.entry("a", size: 9)])
      _ = try await peer.receiveAnswer()
      try await peer.sendFailure(of: 0)
      try await peer.send(page: [rig.entry("b", size: 10)], first: 1)
      _ = try await peer.receiveAnswer()
      // It was answered; what ends the session is this.
      try await peer.sendPageEnd(7)
    }
    #expect(outcome.received.errorCode == .protocolViolation, "\(outcome)")
  }

  // MARK: What comes

  @Test("A sender that announces little and sends much ends before a byte beyond is written", arguments: [false, true])
  func lies(isStream: Bool) async throws {
    let outcome = try await rig.receive(Self.transfer(bytes: 3 << 20)) { peer in
      let stream = PageEntry(path: Array("x".utf8), kind: .stream, metadata: nil)
      try await peer.send(page: [isStream ? stream : rig.entry("x")])
      _ = try await peer.receiveAnswer()
      for number in 0..<4 {
        try await peer.send(chunk: [UInt8](repeating: 1, count: 1 << 20), of: 0, at: UInt64(number << 20))
      }
    }
    #expect(outcome.received.errorCode == .limitExceeded, "\(outcome)")
    #expect(outcome.said == .limitExceeded)
    // Ready to be gone on with.
    #expect(folder.read("out/.x.p2p-copy-partial")?.count == 3 << 20)
  }

  @Test("So does one that packs much")
  func packs() async throws {
    let outcome = try await rig.receive(Self.transfer(bytes: 100)) { peer in
      try await peer.send(page: [rig.entry("x"), rig.entry("y")])
      _ = try await peer.receiveAnswer()
      let content = [UInt8](repeating: 1, count: 60)
      try await peer.send(pack: [(0, content), (1, content)])
    }
    #expect(outcome.received.errorCode == .limitExceeded, "\(outcome)")
    #expect(try folder.tree("out").keys.sorted() == ["x"])
  }

  @Test("What is void since a file changed does not count, and what comes in its place does", arguments: [100, 101])
  func again(byteCount: Int) async throws {
    let outcome = try await rig.receive(Self.transfer(bytes: 100)) { peer in
      try await peer.send(page: [rig.entry("x", size: 90)])
      _ = try await peer.receiveAnswer()
      try await peer.send(chunk: [UInt8](repeating: 1, count: 80), of: 0, at: 0)
      try await peer.sendAgain(0)
      let content = [UInt8](repeating: 2, count: byteCount)
      try await peer.send(chunk: content, of: 0, at: 0)
      try await peer.sendFileEnd(0, content)
      try await peer.finishPages(delivering: [.file("x", content)])
    }
    #expect(outcome.received.errorCode == (byteCount > 100 ? .limitExceeded : nil), "\(outcome)")
    #expect(folder.read("out/x")?.count == (byteCount > 100 ? nil : 100))
  }

  @Test("Memory and streams have the same limits", arguments: [false, true])
  func otherDestinations(isStream: Bool) async throws {
    try folder.write(TestContent.random(3_000_000), to: "file")
    let transfer = Self.transfer(bytes: 2_999_999)
    let file = try FileDescriptor.open(
      FilePath(folder.path("stream")), .writeOnly, options: [.create], permissions: .ownerReadWrite)
    defer { try? file.close() }
    let memory = MemoryDestination(byteLimit: 10_000_000)
    let (sent, received) = await transfer.watched {
      async let sent = transfer.send([folder.path("file")])
      async let received = result {
        let receiver = try Receiver(
          relay: "memory://relay", code: transfer.receiverCode, codecs: transfer.codecs,
          options: transfer.receiveOptions)
        return try await isStream ? receiver.receive(to: StreamDestination(file)) : receiver.receive(to: memory)
      }
      return await (sent, received)
    }
    #expect(received.errorCode == .limitExceeded, "\(received)")
    #expect(sent.errorCode == .peerFailed, "\(sent)")
    #expect(folder.read("stream") == [] && memory.entries.isEmpty)
  }

  // MARK: Room

  private func check(_ limits: ReceivingLimits, room: Int64) -> P2PCopyError.Code? {
    do throws(P2PCopyError) {
      try limits.check(room: room)
      return nil
    } catch {
      return error.code
    }
  }

  @Test("What is to come is compared with what is free, without what came, changed places or will not come")
  func room() throws {
    let limits = ReceivingLimits(ReceiveOptions())
    let entry = IncomingEntry(rig.entry("x", size: 100))
    limits.beginSession()
    try limits.announce(from: 0, entryCount: 2)
    try limits.announce(from: 2, entryCount: 1)
    limits.expect(100, of: 0, takingRoom: 100)
    #expect(check(limits, room: 100) == nil)
    #expect(check(limits, room: 99) == .destinationUnwritable)
    try limits.arrive(40, of: entry, 0)
    #expect(check(limits, room: 60) == nil)
    #expect(check(limits, room: 59) == .destinationUnwritable)
    // More than was announced takes nothing off others.
    limits.expect(50, of: 1, takingRoom: 50)
    try limits.arrive(1000, of: entry, 0)
    #expect(check(limits, room: 49) == .destinationUnwritable)
    limits.takeBack(1040, of: entry, 0)
    #expect(check(limits, room: 149) == .destinationUnwritable)
    #expect(check(limits, room: 150) == nil)
    limits.settle(0)
    #expect(check(limits, room: 50) == nil)
    // One that takes the place of something larger.
    limits.expect(10, of: 2, takingRoom: -30)
    #expect(check(limits, room: 20) == nil)
    #expect(check(limits, room: 19) == .destinationUnwritable)
    limits.settlePage()
    limits.takeBack(0, of: entry, 0)
    limits.expect(7, of: 1, takingRoom: 7)
    #expect(check(limits, room: -30) == nil, "nothing comes of a page that is over")
    #expect(check(limits, room: -31) == .destinationUnwritable, "the other page is open")
    limits.settlePage()
    #expect(check(limits, room: 0) == nil && check(limits, room: -1) == .destinationUnwritable)
  }

  @Test("Sizes that nobody has are added up without a fault")
  func huge() throws {
    let limits = ReceivingLimits(ReceiveOptions())
    try limits.announce(from: 0, entryCount: 100)
    for index in 0..<100 { limits.expect(.max, of: UInt64(index), takingRoom: .max) }
    #expect(check(limits, room: .max) == .destinationUnwritable)
    for index in 0..<100 { limits.expect(.max, of: UInt64(index), takingRoom: .min) }
    #expect(check(limits, room: 0) == nil)
    limits.settlePage()
    #expect(check(limits, room: 0) == nil)
  }
}
