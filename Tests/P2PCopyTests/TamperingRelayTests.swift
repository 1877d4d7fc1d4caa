import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import Synchronization
import TestSupport
import Testing

/// A relay that changes one message of a transfer: every message in turn, in many ways.
@Suite("Tampering relay")
struct TamperingRelayTests {
  private typealias Fault = Tamperer.Fault

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(Array("one".utf8), to: "tree/small 1")
    try folder.write(Array("two".utf8), to: "tree/dir/small 2")
    try folder.write(TestContent.random(5 << 19, seed: 1), to: "tree/large")
    try folder.makeDirectory("tree/empty")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("tree/link"), withDestinationPath: "dir/small 2")
  }

  private static let junk: [Fault] = [
    .insertText("junk"), .insertText(#"{"type":"pake","protocol":2}"#), .insertText(#"{"type":"wrong_code"}"#),
    .insertText(String(repeating: "x", count: 20 << 10)), .insertBinary(0), .insertBinary(39), .insertBinary(100),
  ]

  private static let faults: [Fault] =
    [0, 0.5, 1].map { .flip($0) } + [.drop, .duplicate, .swap] + [0, 0.5, 0.99].map { .truncate($0) }
    + [.replay(0), .replay(2)] + junk

  private static let handshakeFaults: [Fault] =
    ["1", "3", "0", "4294967298", "\"2\""].map { .edit("\"protocol\":2", "\"protocol\":\($0)") }
    + ["share", "kem_key", "kem_ciphertext", "confirmation"].flatMap { name -> [Fault] in
      [
        .changeField(name), .removeField(name), .edit("\"\(name)\":\"", "\"\(name)\":\"00"),
        .edit("\"\(name)\":\"", "\"\(name)\":\"zz"), .edit("\"\(name)\":\"", "\"\(name)\":7,\"other\":\""),
      ]
    }
    + [.edit("\"share\":\"04", "\"share\":\"02"), .edit("\"type\":\"pake", "\"type\":\"wrong_code")]

  /// How many messages go either way.
  private func countMessages() async throws -> [InMemoryRelay.Direction: Int] {
    let counts = Mutex<[InMemoryRelay.Direction: Int]>([:])
    let transfer = QuickTransfer { message, direction in
      counts.withLock { $0[direction, default: 0] += 1 }
      return [message]
    }
    try await transfer.succeed([folder.path("tree")], into: folder.path("reference"))
    #expect(try folder.tree("reference/tree") == folder.tree("tree"))
    return counts.withLock { $0 }
  }

  /// Runs one transfer with one fault and checks what must hold.
  ///
  /// - Returns: Whether the fault fitted the message.
  private func run(
    _ fault: Tamperer.Fault, _ direction: InMemoryRelay.Direction, _ index: Int, isLast: Bool, isEnding: Bool
  ) async throws -> Bool {
    let tamperer = Tamperer(fault, on: direction, index)
    let transfer = QuickTransfer(tamper: tamperer.tamper)
    let out = "out/\(direction) \(index) \(UUID().uuidString)"
    let results = await transfer.run([folder.path("tree")], into: folder.path(out)) { tamperer.hasLostMessage }
    let what = "\(fault) on message \(index) \(direction): \(results)"
    let source = try folder.tree("tree")
    let arrived = (try? folder.tree(out + "/tree")) ?? [:]
    for (name, content) in arrived where !name.hasSuffix(".p2p-copy-partial") {
      #expect(content == source[name], "\(name): \(what)")
    }
    defer { try? FileManager.default.removeItem(atPath: folder.path(out)) }
    guard tamperer.isApplied else {
      #expect(results.sent.errorCode == nil && results.received.errorCode == nil, "\(what)")
      return false
    }
    let isSent = if case .success = results.sent { true } else { false }
    let isReceived = if case .success = results.received { true } else { false }
    if isSent || isReceived { #expect(arrived == source, "\(what)") }
    switch fault {
    case .duplicate where isLast:
      // Nobody reads what comes behind the last word.
      #expect(isSent && isReceived, "\(what)")
    default:
      #expect(!isSent, "\(what)")
      // With its receipt under way everything is in place at the receiver; it may be content. So it may when the sender
      // trips over what follows the last page's receipt: by then it has said that everything was sent.
      if !(isEnding && direction == .receiverToSender) { #expect(!isReceived, "\(what)") }
    }
    for error in [results.sent.errorCode, results.received.errorCode] {
      #expect(error != .internalError, "\(what)")
    }
    return true
  }

  /// Runs several cases side by side.
  ///
  /// - Returns: In how many of them the fault fitted the message.
  private func run(_ cases: [(Tamperer.Fault, InMemoryRelay.Direction, Int, isLast: Bool, isEnding: Bool)]) async throws
    -> Int
  {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      var running = 0
      var applied = 0
      for (fault, direction, index, isLast, isEnding) in cases {
        if running == 6 {
          if try await group.next() == true { applied += 1 }
          running -= 1
        }
        group.addTask { try await run(fault, direction, index, isLast: isLast, isEnding: isEnding) }
        running += 1
      }
      for try await isApplied in group where isApplied { applied += 1 }
      return applied
    }
  }

  @Test("Whatever is done to any message, no side is wrong about the outcome")
  func everyMessage() async throws {
    var cases: [(Tamperer.Fault, InMemoryRelay.Direction, Int, isLast: Bool, isEnding: Bool)] = []
    for (direction, count) in try await countMessages() {
      #expect(count >= 5)
      for index in 0..<count {
        cases += Self.faults.map { ($0, direction, index, index == count - 1, index >= count - 2) }
      }
    }
    // All but an earlier message in the place of the first ones.
    #expect(try await run(cases) >= cases.count - 8)
  }

  @Test("Whatever is changed within the messages of the handshake, both sides stop")
  func handshake() async throws {
    let applied = try await run(
      Self.handshakeFaults.flatMap { fault in
        [
          (fault, .senderToReceiver, 0, false, false), (fault, .senderToReceiver, 1, false, false),
          (fault, .receiverToSender, 0, false, false),
        ]
      })
    // Five ways to say another protocol in both `pake`, five ways to spoil each of six fields, two more in both `pake`
    // and one in the confirmation.
    #expect(applied == 2 * 5 + 5 * 6 + 2 * 2 + 1)
  }

  @Test("Offer and selection are sealed: each byte of either is guarded")
  func bootstrap() async throws {
    for (direction, index) in [(InMemoryRelay.Direction.senderToReceiver, 2), (.receiverToSender, 1)] {
      for part in stride(from: 0.0, through: 1, by: 0.04) {
        let tamperer = Tamperer(.flip(part), on: direction, index)
        let transfer = QuickTransfer(tamper: tamperer.tamper)
        let results = await transfer.run([folder.path("tree")], into: folder.path("out"))
        #expect(tamperer.isApplied)
        // Who finds it tells the other.
        #expect(results.sent.errorCode == .checksumMismatch, "\(direction) \(part)")
        #expect(results.received.errorCode == .checksumMismatch, "\(direction) \(part)")
        #expect(try folder.tree("out").isEmpty)
      }
    }
  }

  @Test("Somebody between who does not know the code has one guess at either side, and both sides hear of it")
  func manInTheMiddle() async throws {
    let atSender = QuickTransfer()
    let atReceiver = QuickTransfer()
    let guess = "4821-lusab-babac"
    async let sent = atSender.watched { await atSender.send([folder.path("tree")]) }
    async let received = atReceiver.watched { await atReceiver.receive(into: folder.path("out")) }
    async let falseReceiver = result { _ = try await RecordPeer.meet(as: .receiver, at: atSender.relay, code: guess) }
    async let falseSender = result { _ = try await RecordPeer.meet(as: .sender, at: atReceiver.relay, code: guess) }
    #expect(await falseReceiver.errorCode != nil)
    #expect(await falseSender.errorCode == .wrongCode)
    #expect(await sent.errorCode == .wrongCode)
    #expect(await received.errorCode == .wrongCode)
    #expect(try folder.tree("out").isEmpty)
    for tap in [atSender.tap, atReceiver.tap] {
      for case .binary in tap.sent { Issue.record("a record was sent to somebody without the code") }
    }
  }

  @Test("Different codes with the same channel: both sides say so")
  func wrongCode() async throws {
    var transfer = QuickTransfer()
    transfer.receiverCode = "4821-lusab-babac"
    let results = await transfer.run([folder.path("tree")], into: folder.path("out"))
    #expect(results.sent.errorCode == .wrongCode)
    #expect(results.received.errorCode == .wrongCode)
    #expect(try folder.tree("out").isEmpty)
  }

  @Test("A `wrong_code` among the records is the relay's, and believed by nobody once one was opened")
  func forgedWrongCode() async throws {
    let counts = try await countMessages()
    // The sender's first record comes behind two messages of its handshake, the receiver's behind one.
    for (direction, first) in [(InMemoryRelay.Direction.senderToReceiver, 2), (.receiverToSender, 1)] {
      for index in first..<(counts[direction] ?? 0) {
        let tamperer = Tamperer(.insertText(#"{"type":"wrong_code"}"#), on: direction, index)
        let transfer = QuickTransfer(tamper: tamperer.tamper)
        let out = folder.path("forged \(direction) \(index)")
        let results = await transfer.run([folder.path("tree")], into: out)
        let what = "\(direction) \(index): \(results)"
        #expect(tamperer.isApplied, "\(what)")
        let deceived = direction == .senderToReceiver ? results.received : results.sent
        if direction == .receiverToSender, index == first {
          // In place of its first record a receiver may say so; that nothing was sent is true then.
          #expect(deceived.errorCode == .wrongCode, "\(what)")
          #expect(deceived.errorMessage?.contains("nothing was sent") == true, "\(what)")
        } else {
          #expect(deceived.errorCode == .protocolViolation, "\(what)")
          #expect(deceived.errorMessage?.contains("interferes") == true, "\(what)")
          #expect(deceived.errorMessage?.contains("nothing was sent") == false, "\(what)")
        }
      }
    }
  }

  @Test("A relay that passes on nothing from some message of the handshake on: both sides end in their time")
  func silentRelay() async throws {
    // The handshake's messages in their order, then what follows: offer and selection.
    let steps: [(InMemoryRelay.Direction, Int, receiver: P2PCopyError.Code)] = [
      (.senderToReceiver, 0, .peerLeft), (.receiverToSender, 0, .wrongCode), (.senderToReceiver, 1, .wrongCode),
      (.senderToReceiver, 2, .peerLeft), (.receiverToSender, 1, .peerLeft),
    ]
    for (direction, index, code) in steps {
      let counts = Mutex<[InMemoryRelay.Direction: Int]>([:])
      let isSilent = Mutex(false)
      var transfer = QuickTransfer { message, from in
        let count = counts.withLock { counts in
          counts[from, default: 0] += 1
          return counts[from, default: 0] - 1
        }
        return isSilent.withLock { isSilent in
          if from == direction, count == index { isSilent = true }
          return isSilent ? [] : [message]
        }
      }
      transfer.sendOptions.stepTimeout = .seconds(2)
      // Longer than the sender's: who ends first tells the other one why, and that must not be left to the clock here.
      transfer.receiveOptions.stepTimeout = .seconds(8)
      let results = await transfer.run([folder.path("tree")], into: folder.path("silent"))
      #expect(results.sent.errorCode == .peerLeft, "\(direction) \(index): \(results)")
      #expect(results.received.errorCode == code, "\(direction) \(index): \(results)")
    }
    #expect(try folder.tree("silent").isEmpty)
  }

  @Test("A relay that loses one message of the handshake: both sides end without being cut off")
  func lostMessage() async throws {
    let steps: [(InMemoryRelay.Direction, Int, sender: P2PCopyError.Code, receiver: P2PCopyError.Code)] = [
      (.senderToReceiver, 0, .peerLeft, .peerLeft), (.receiverToSender, 0, .peerLeft, .wrongCode),
      // The offer comes in place of the confirmation, and the receiver says at once that something is wrong.
      (.senderToReceiver, 1, .peerFailed, .wrongCode),
    ]
    for (direction, index, sender, receiver) in steps {
      let tamperer = Tamperer(.drop, on: direction, index)
      var transfer = QuickTransfer(tamper: tamperer.tamper)
      // Long enough for a step among hundreds of transfers that share a few threads.
      transfer.sendOptions.stepTimeout = .seconds(10)
      transfer.receiveOptions.stepTimeout = .seconds(10)
      let results = await transfer.run([folder.path("tree")], into: folder.path("lost"))
      #expect(results.sent.errorCode == sender, "\(direction) \(index): \(results)")
      #expect(results.received.errorCode == receiver, "\(direction) \(index): \(results)")
    }
    #expect(try folder.tree("lost").isEmpty)
  }
}
