import Foundation
import P2PCopy
import SHA256Sum
import SystemPackage
import TestSupport
import Testing

/// One side's process dies and is started again; the other one's goes on with the new one.
///
/// What stands for a process that died is a peer whose connection is cut and that does not come back by itself.
@Suite("A peer that is started again", .serialized)
struct SuccessorTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(9 << 20, seed: 1), to: "tree/large")
    for number in 0..<20 {
      try folder.write(TestContent.random(5000, seed: UInt64(number)), to: "tree/small/\(number)")
    }
  }

  /// A transfer that is cut in the middle.
  private func makeTransfer() -> QuickTransfer {
    let cutter = Cutter(at: [16])
    var transfer = QuickTransfer(tamper: { message, _ in cutter.pass(message) })
    transfer.sendOptions.successorDelay = .milliseconds(50)
    transfer.receiveOptions.successorDelay = .milliseconds(50)
    cutter.watch(transfer.tap)
    return transfer
  }

  private func expectTree() throws {
    #expect(try folder.tree("out/tree") == folder.tree("tree"))
  }

  @Test("The receiver's process dies: the sender's goes on with the next one, from what is there")
  func receiver() async throws {
    var transfer = makeTransfer()
    transfer.sendOptions.retryDuration = .seconds(120)
    transfer.sendOptions.checksumsFile = LocalPath(folder.path("sums"))
    let recorder = EventRecorder()
    let sender = try Sender(
      relay: "memory://relay", code: transfer.senderCode, codecs: sha256(transfer.codecs), options: transfer.sendOptions
    )
    var next = transfer
    next.codecs = try sha256(transfer.codecs)
    let receiver = next
    let (sent, first, second) = await transfer.watched {
      async let sent = result { try await sender.send([folder.path("tree")], listener: recorder.listener) }
      let first = await receiver.receive(into: folder.path("out"))
      let second = await receiver.receive(into: folder.path("out"))
      return (await sent, first, second)
    }
    #expect(first.errorCode == .peerLeft)
    let received = try second.get()
    #expect(received.resumedByteCount > 0)
    #expect(received.completeFileCount == 21)
    // Each file counts once, whichever process took it.
    let summary = try sent.get()
    #expect(summary.completeFileCount == 21)
    #expect(summary.failureCount == 0)
    try expectTree()
    let list = String(decoding: try #require(folder.read("sums")), as: UTF8.self)
    #expect(list.split(separator: "\n").count == 21)
    let words = recorder.events.compactMap { event in
      switch event {
      case .paired: "paired"
      case .connectionLost: "lost"
      case .startedAgain: "started again"
      case .reconnected: "reconnected"
      default: nil
      }
    }
    #expect(words == ["paired", "lost", "started again"])
  }

  @Test("The sender's process dies: the receiver's goes on with the next one, and its receipt has everything once")
  func sender() async throws {
    var transfer = makeTransfer()
    transfer.receiveOptions.retryDuration = .seconds(120)
    transfer.receiveOptions.receiptFile = LocalPath(folder.path("receipt"))
    let (received, first, second) = await transfer.watched { [transfer] in
      async let received = transfer.receive(into: folder.path("out"))
      let first = await transfer.send([folder.path("tree")])
      let second = await transfer.send([folder.path("tree")])
      return (await received, first, second)
    }
    #expect(first.errorCode == .peerLeft)
    #expect(try second.get().completeFileCount == 21)
    let summary = try received.get()
    #expect(summary.completeFileCount == 21)
    #expect(summary.resumedByteCount > 0)
    try expectTree()
    let receipt = try JSONSerialization.jsonObject(with: Data(#require(folder.read("receipt")))) as? [String: Any]
    #expect((receipt?["entries"] as? [Any])?.count == 23)
    #expect(receipt?["complete"] as? Bool == true)
  }

  @Test("Memory that was filled in part is filled from the beginning")
  func memory() async throws {
    var transfer = makeTransfer()
    transfer.receiveOptions.retryDuration = .seconds(120)
    let memory = MemoryDestination(byteLimit: 20 << 20)
    let receiver = try Receiver(
      relay: "memory://relay", code: transfer.receiverCode, codecs: transfer.codecs, options: transfer.receiveOptions)
    let (received, second) = await transfer.watched { [transfer] in
      async let received = result { try await receiver.receive(to: memory) }
      #expect(await transfer.send([folder.path("tree")]).errorCode == .peerLeft)
      let second = await transfer.send([folder.path("tree")])
      return (await received, second)
    }
    #expect(second.errorCode == nil)
    #expect(received.errorCode == nil)
    #expect(memory.entries.count == 23)
  }

  @Test("After three guesses at the code it is over, and who guessed is told")
  func guesses() async throws {
    var transfer = makeTransfer()
    transfer.sendOptions.retryDuration = .seconds(120)
    var guesser = transfer
    guesser.receiverCode = "4821-lusab-babab"
    let (sent, guesses) = await transfer.watched { [transfer, guesser] in
      async let sent = transfer.send([folder.path("tree")])
      #expect(await transfer.receive(into: folder.path("out")).errorCode == .peerLeft)
      var guesses: [P2PCopyError.Code?] = []
      for _ in 0..<3 { guesses.append(await guesser.receive(into: folder.path("other")).errorCode) }
      return (await sent, guesses)
    }
    #expect(guesses == [.wrongCode, .wrongCode, .wrongCode])
    #expect(sent.errorCode == .wrongCode)
    #expect(folder.read("other/tree/large") == nil)
  }

  @Test("After a guess whoever knows the code is still let in")
  func guess() async throws {
    var transfer = makeTransfer()
    transfer.sendOptions.retryDuration = .seconds(120)
    var guesser = transfer
    guesser.receiverCode = "4821-lusab-babab"
    let (sent, received) = await transfer.watched { [transfer, guesser] in
      async let sent = transfer.send([folder.path("tree")])
      #expect(await transfer.receive(into: folder.path("out")).errorCode == .peerLeft)
      #expect(await guesser.receive(into: folder.path("other")).errorCode == .wrongCode)
      let received = await transfer.receive(into: folder.path("out"))
      return (await sent, received)
    }
    #expect(sent.errorCode == nil)
    #expect(received.errorCode == nil)
    try expectTree()
  }

  @Test("A stream is there only once: nobody waits for a receiver that is started again")
  func stream() async throws {
    var transfer = makeTransfer()
    transfer.sendOptions.retryDuration = .seconds(2)
    transfer.receiveOptions.peerTimeout = .milliseconds(500)
    let sender = try Sender(
      relay: "memory://relay", code: transfer.senderCode, codecs: transfer.codecs, options: transfer.sendOptions)
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.path("tree/large")))
    defer { try? file.close() }
    let descriptor = SystemPackage.FileDescriptor(rawValue: file.fileDescriptor)
    let (sent, second) = await transfer.watched { [transfer] in
      async let sent = result { try await sender.send(descriptor, named: Array("stream".utf8)) }
      #expect(await transfer.receive(into: folder.path("out")).errorCode == .peerLeft)
      let second = await transfer.receive(into: folder.path("out"))
      return (await sent, second)
    }
    #expect(second.errorCode == .peerNeverCame)
    #expect(sent.errorCode == .peerLeft)
  }

  private func sha256(_ codecs: CodecRegistry) throws -> CodecRegistry {
    var codecs = codecs
    codecs.register(SHA256Digest())
    return codecs
  }
}
