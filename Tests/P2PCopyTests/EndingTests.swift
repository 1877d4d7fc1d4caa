import NIOCore
import P2PCopy
import P2PCopyTesting
import Synchronization
import Testing

@Suite("How transfers end")
struct EndingTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(32 << 20, seed: 3), to: "file")
  }

  @Test("Nobody comes: an error after the waiting time, on either side")
  func nobodyComes() async throws {
    var transfer = InMemoryTransfer()
    transfer.sendOptions.peerTimeout = .milliseconds(50)
    transfer.receiveOptions.peerTimeout = .milliseconds(50)
    let sender = try transfer.sender()
    #expect(await result { try await sender.send([folder.path("file")]) }.errorCode == .peerNeverCame)
    let receiver = try transfer.receiver()
    #expect(await result { try await receiver.receive(into: folder.path("out")) }.errorCode == .peerNeverCame)
  }

  @Test("A second sender with the code is refused and the first still served")
  func duplicateRole() async throws {
    let transfer = InMemoryTransfer()
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

  @Test("Cancelling either side ends both, keeps the part, and the part is resumed", arguments: PeerRole.allRoles)
  func cancellation(role: PeerRole) async throws {
    // Nothing of the sender's passes after the third chunk, so the transfer cannot be over before it is cancelled.
    let seen = Mutex(0)
    let transfer = InMemoryTransfer { message, direction in
      guard direction == .senderToReceiver else { return [message] }
      return seen.withLock { seen in
        if case .binary = message { seen += 1 }
        return seen <= 3 ? [message] : []
      }
    }
    var sendOptions = SendOptions()
    sendOptions.compression = .off
    var sender = try transfer.sender()
    sender.options = sendOptions
    let receiver = try transfer.receiver()
    let sending = Task { [sender] in try await sender.send([folder.path("file")]) }
    let receiving = Task { try await receiver.receive(into: folder.path("out")) }
    while seen.withLock({ $0 }) < 4 { await Task.yield() }
    (role == .sender ? sending.cancel() : receiving.cancel())
    let sent = await result { try await sending.value }
    let received = await result { try await receiving.value }
    if role == .sender {
      #expect(sent.errorCode == .cancelled)
      #expect(received.errorCode == .peerLeft)
    } else {
      #expect(received.errorCode == .cancelled)
      #expect(sent.errorCode == .peerFailed || sent.errorCode == .peerLeft)
    }
    #expect(folder.read("out/file") == nil)

    var resuming = InMemoryTransfer()
    resuming.sendOptions.resume = true
    let summaries = try await resuming.succeed([folder.path("file")], into: folder.path("out"))
    #expect(folder.read("out/file") == folder.read("file"))
    #expect(summaries.received.resumedByteCount > 0)
  }

  @Test("Events come in order and end with the summary")
  func events() async throws {
    let transfer = InMemoryTransfer()
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

  @Test("Two receivers into one directory do not mix files")
  func twoReceivers() async throws {
    try folder.write(TestContent.random(8 << 20, seed: 4), to: "other/file")
    let one = InMemoryTransfer()
    let two = InMemoryTransfer()
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

  @Test("A missing codec is named, with what there is")
  func missingCodec() async throws {
    let transfer = InMemoryTransfer()
    var codecs = CodecRegistry()
    codecs.register(InMemoryTransport(relay: transfer.relay))
    let sender = try Sender(relay: "memory://x", code: "c", codecs: codecs)
    let sent = await result { try await sender.send([folder.path("file")]) }
    guard case .failure(let error as P2PCopyError) = sent else {
      Issue.record("sent without a compressor")
      return
    }
    #expect(error.code == .noCommonCodec)
    #expect(error.message.contains("zstd"))
  }
}

extension PeerRole {
  static let allRoles: [PeerRole] = [.sender, .receiver]
}
