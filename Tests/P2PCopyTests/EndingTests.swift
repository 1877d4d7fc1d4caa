import NIOCore
import P2PCopy
import P2PCopyProtocol1
import P2PCopyTesting
import Synchronization
import TestSupport
import Testing

@Suite("How transfers end")
struct EndingTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(32 << 20, seed: 3), to: "file")
  }

  @Test("Nobody comes: an error after the waiting time, on either side", arguments: TransferProtocol.allCases)
  func nobodyComes(transferProtocol: TransferProtocol) async throws {
    var transfer = InMemoryTransfer(transferProtocol)
    transfer.sendOptions.peerTimeout = .milliseconds(50)
    transfer.receiveOptions.peerTimeout = .milliseconds(50)
    let sender = try transfer.sender()
    #expect(await result { try await sender.send([folder.path("file")]) }.errorCode == .peerNeverCame)
    let receiver = try transfer.receiver()
    #expect(await result { try await receiver.receive(into: folder.path("out")) }.errorCode == .peerNeverCame)
  }

  @Test("A second sender with the code is refused and the first still served", arguments: TransferProtocol.allCases)
  func duplicateRole(transferProtocol: TransferProtocol) async throws {
    let transfer = InMemoryTransfer(transferProtocol)
    let sender = try transfer.sender()
    let isWaiting = Mutex(false)
    async let first = result {
      try await sender.send([folder.path("file")]) { events in
        for await event in events { if case .waitingForPeer = event { isWaiting.withLock { $0 = true } } }
      }
    }
    while !isWaiting.withLock({ $0 }) { await Task.yield() }
    #expect(await result { try await sender.send([folder.path("file")]) }.errorCode == .relayRefused)
    let receiver = try transfer.receiver()
    _ = try await receiver.receive(into: folder.path("out"))
    _ = try await first.get()
  }

  @Test("Protocol 1: a cancelled receiver tells the sender, keeps the part, and the part is resumed")
  func cancelledReceiver() async throws {
    let content = try #require(folder.read("file"))
    let transfer = InMemoryTransfer(.one)
    let receiver = try transfer.receiver()
    let receiving = Task { try await receiver.receive(into: folder.path("out")) }
    let peer = try await InMemoryPeer.connect(as: .sender, to: transfer.relay)
    let name = Array("file".utf8)
    try await peer.send(
      .manifest(entries: [ManifestEntry(path: name, byteCount: Int64(content.count))], resume: false))
    try await peer.send(
      .file(FileHeader(path: name, byteCount: Int64(content.count), compression: .none, appendFrom: 0)))
    try await peer.send(chunks: [Array(content[..<(1 << 20)])])
    while folder.read("out/.file.p2p-copy-partial")?.count != 1 << 20 { await Task.yield() }
    receiving.cancel()
    await peer.finish()
    let received = await result { try await receiving.value }
    #expect(received.errorCode == .cancelled, "\(received)")
    #expect(folder.read("out/file") == nil)

    var resuming = InMemoryTransfer(.one)
    resuming.sendOptions.resume = true
    let summaries = try await resuming.succeed([folder.path("file")], into: folder.path("out"))
    #expect(folder.read("out/file") == content)
    #expect(summaries.received.resumedByteCount == 1 << 20)
  }

  @Test("Protocol 1: a cancelled sender tells the receiver")
  func cancelledSender() async throws {
    var transfer = InMemoryTransfer(.one)
    transfer.sendOptions.compression = .off
    let sender = try transfer.sender()
    let sending = Task { try await sender.send([folder.path("file")]) }
    let peer = try await InMemoryPeer.connect(as: .receiver, to: transfer.relay)
    // Manifest, header, a chunk; then this side stops reading and the sender has to wait.
    for _ in 0..<3 { _ = try await peer.connection.receive() }
    sending.cancel()
    let closure = await result { while try await peer.connection.receive() != nil {} }
    await peer.finish()
    #expect(await result { try await sending.value }.errorCode == .cancelled)
    guard case .failure(let error as TransportClosure) = closure else {
      Issue.record("the sender ended as if everything had been sent")
      return
    }
    #expect(error.reason == .failed(.sender) || error.reason == .peerVanished)
  }

  @Test("Events come in order and end with the summary", arguments: TransferProtocol.allCases)
  func events(transferProtocol: TransferProtocol) async throws {
    let transfer = InMemoryTransfer(transferProtocol)
    let sender = try transfer.sender()
    let receiver = try transfer.receiver()
    let names = Mutex<[String]>([])
    async let received = receiver.receive(into: folder.path("out")) { events in
      for await event in events {
        let name =
          switch event {
          case .waitingForPeer: "waiting"
          case .paired: "paired"
          case .started: "started"
          case .fileFinished(let path, _): "finished \(path)"
          case .finished(let summary): "summary \(summary.completeFileCount)"
          default: ""
          }
        if !name.isEmpty { names.withLock { $0.append(name) } }
      }
    }
    try await sender.send([folder.path("file")])
    _ = try await received
    #expect(names.withLock { $0 } == ["waiting", "paired", "started", "finished file", "summary 1"])
  }

  @Test("Two receivers into one directory do not mix files", arguments: TransferProtocol.allCases)
  func twoReceivers(transferProtocol: TransferProtocol) async throws {
    try folder.write(TestContent.random(8 << 20, seed: 4), to: "other/file")
    let one = InMemoryTransfer(transferProtocol)
    let two = InMemoryTransfer(transferProtocol)
    async let first = one.run([folder.path("file")], into: folder.path("out"))
    async let second = two.run([folder.path("other/file")], into: folder.path("out"))
    let results = try await [first.received, second.received]
    let codes = results.map(\.errorCode)
    // One of them wins, or the second comes after the first was done: never a mixture.
    #expect(codes.contains(nil))
    #expect(codes.allSatisfy { $0 == nil || $0 == .destinationExists || $0 == .destinationUnwritable })
    let arrived = folder.read("out/file")
    #expect(arrived == folder.read("file") || arrived == folder.read("other/file"))
  }

  @Test("No nonce is used twice in a session, over both directions")
  func nonces() async throws {
    // The chain of nonces is a hash chain: walking it for more messages than any session has finds no repetition.
    var chain = NonceChain(start: [UInt8](repeating: 7, count: 32))
    var seen = Set<[UInt8]>()
    for _ in 0..<100_000 { #expect(seen.insert(chain.next()).inserted) }
  }

  @Test(
    "A missing codec is named, with what there is",
    arguments: [(.one, "zstd"), (.two, "aes-256-gcm")] as [(TransferProtocol, String)])
  func missingCodec(transferProtocol: TransferProtocol, named: String) async throws {
    let transfer = InMemoryTransfer(transferProtocol)
    var codecs = CodecRegistry()
    codecs.register(InMemoryTransport(relay: transfer.relay))
    let sender = try Sender(relay: "memory://x", code: "c", codecs: codecs, options: transfer.sendOptions)
    let sent = await result { try await sender.send([folder.path("file")]) }
    guard case .failure(let error as P2PCopyError) = sent else {
      Issue.record("sent without codecs")
      return
    }
    #expect(error.code == .noCommonCodec)
    #expect(error.message.contains(named))
  }
}
