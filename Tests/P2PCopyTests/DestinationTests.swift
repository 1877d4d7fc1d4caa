import Foundation
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import SystemPackage
import TestSupport
import Testing

/// What a receiver can receive into besides a directory.
@Suite("Streams and memory as destination")
struct DestinationTests {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private func run(
    _ paths: [String], _ transfer: QuickTransfer = QuickTransfer(),
    _ receive: @Sendable (Receiver) async throws -> TransferSummary
  ) async -> (sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>) {
    await transfer.run(sending: { try await $0.send(paths) }, receiving: receive)
  }

  private func makeTree() throws {
    try folder.makeDirectory("tree/sub")
    try folder.write([1, 2, 3], to: "tree/small")
    try folder.write([], to: "tree/sub/empty")
    try folder.write(TestContent.random((2 << 20) + 17, seed: 5), to: "tree/large")
    try FileManager.default.createSymbolicLink(atPath: folder.path("tree/link"), withDestinationPath: "small")
  }

  @Test("A tree arrives in memory", arguments: [CompressionMode.on, .off])
  func memory(compression: CompressionMode) async throws {
    try makeTree()
    try folder.write(TestContent.compressible((3 << 20) + 5), to: "tree/text")
    var transfer = QuickTransfer()
    transfer.sendOptions.compression = compression
    let memory = MemoryDestination(byteLimit: 16 << 20)
    let outcome = await run([folder.path("tree")], transfer) { try await $0.receive(to: memory) }
    #expect(try outcome.sent.get().completeFileCount == 4)
    #expect(try outcome.received.get().completeFileCount == 4)
    #expect(memory["tree/small"] == [1, 2, 3])
    #expect(memory["tree/sub/empty"] == [])
    #expect(memory["tree/large"] == folder.read("tree/large"))
    #expect(memory["tree/text"] == folder.read("tree/text"))
    #expect(memory["tree/sub"] == nil)
    let kinds = Dictionary(uniqueKeysWithValues: memory.entries.map { (String(decoding: $0.path, as: UTF8.self), $0) })
    #expect(kinds["tree"]?.kind == .directory)
    #expect(kinds["tree/sub"]?.kind == .directory)
    #expect(kinds["tree/link"]?.kind == .symbolicLink)
    #expect(kinds["tree/link"]?.content == Array("small".utf8))
    #expect(kinds.count == 7)
  }

  @Test("What does not fit into memory fails, and the others arrive")
  func memoryLimit() async throws {
    try folder.write(TestContent.random(5000, seed: 1), to: "tree/a")
    try folder.write(TestContent.random(3 << 20, seed: 2), to: "tree/b")
    try folder.write(TestContent.random(5000, seed: 3), to: "tree/c")
    let memory = MemoryDestination(byteLimit: 100_000)
    let outcome = await run([folder.path("tree")]) { try await $0.receive(to: memory) }
    #expect(outcome.received.errorCode == .destinationUnwritable)
    #expect(outcome.sent.errorCode == .peerFailed)
    #expect(memory["tree/a"] == folder.read("tree/a"))
    #expect(memory["tree/b"] == nil)
    #expect(memory["tree/c"] == folder.read("tree/c"))
  }

  @Test("A stream that turns out not to fit takes nothing with it", arguments: [1 << 20, 20_000])
  func memoryLimitOfStream(byteCount: Int) async throws {
    let rig = try HostileSenderRig()
    let transfer = QuickTransfer()
    let memory = MemoryDestination(byteLimit: 10_000)
    let content = TestContent.random(byteCount, seed: 7)
    async let received = transfer.watched {
      await result {
        try await Receiver(
          relay: "memory://relay", code: transfer.receiverCode, codecs: transfer.codecs,
          options: transfer.receiveOptions
        ).receive(to: memory)
      }
    }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    try await peer.negotiate(offering: RecordPeer.offer)
    // The announced sizes are a lie: both would fit.
    try await peer.send(page: [rig.entry("x"), rig.entry("y"), rig.entry("good")])
    _ = try await peer.receiveAnswer()
    try await peer.send(chunk: content, of: 0, at: 0)
    try await peer.sendFileEnd(0, content)
    try await peer.send(pack: [(1, Array(content.prefix(15_000))), (2, [7])])
    try await peer.sendPageEnd(0)
    #expect(try await peer.receivePageReceipt().failures.map(\.index) == [0, 1])
    try await peer.sendEnd([.file("good", [7])])
    _ = try await peer.receive()
    await peer.finish()
    #expect(await received.errorCode == .destinationUnwritable)
    #expect(memory.entries.map(\.content) == [[7]])
  }

  @Test("A stream gets the content of one file", arguments: [3, (3 << 20) + 1])
  func stream(byteCount: Int) async throws {
    let content = TestContent.random(byteCount, seed: 9)
    try folder.write(content, to: "x")
    let descriptor = try FileDescriptor.open(
      FilePath(folder.path("taken")), .writeOnly, options: [.create], permissions: .ownerReadWrite)
    defer { try? descriptor.close() }
    let outcome = await run([folder.path("x")]) { try await $0.receive(to: StreamDestination(descriptor)) }
    #expect(try outcome.received.get().completeFileCount == 1)
    #expect(folder.read("taken") == content)
  }

  @Test("A stream takes one file only")
  func streamTakesOne() async throws {
    try folder.write([1], to: "x")
    try folder.write([2], to: "y")
    let descriptor = try FileDescriptor.open(
      FilePath(folder.path("taken")), .writeOnly, options: [.create], permissions: .ownerReadWrite)
    defer { try? descriptor.close() }
    let outcome = await run([folder.path("x"), folder.path("y")]) {
      try await $0.receive(to: StreamDestination(descriptor))
    }
    #expect(outcome.received.errorCode == .usage)
    #expect(folder.read("taken")?.count == 1)
  }

  @Test("Protocol 1 receives into directories only")
  func protocol1() async throws {
    var transfer = QuickTransfer()
    transfer.receiveOptions.transferProtocol = .one
    let receiver = try Receiver(
      relay: "memory://relay", code: transfer.receiverCode, codecs: transfer.codecs, options: transfer.receiveOptions)
    let memory = await result { try await receiver.receive(to: MemoryDestination(byteLimit: 10)) }
    #expect(memory.errorCode == .usage)
    let stream = await result { try await receiver.receive(to: StreamDestination(.standardError)) }
    #expect(stream.errorCode == .usage)
    #expect(stream.errorMessage?.contains("standard error") == true)
  }
}
