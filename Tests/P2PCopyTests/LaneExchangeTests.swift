import NIOCore
import P2PCopy
import P2PCopyWire
import Synchronization
import TestSupport
import Testing

/// A relay that changes what the peers say to each other over a connection that is dialled again.
@Suite("Hostile relay and connections that are dialled again")
struct LaneExchangeTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(3 << 20, seed: 1), to: "tree/large")
    try folder.write(Array("one".utf8), to: "tree/small")
  }

  /// What is done to a message.
  enum Fault: Hashable, Sendable {
    case replace(String)
    case replaceBinary(Int)
    case truncate(Double)
    case edit(String, String)
    case insert(String, count: Int)
    case insertBinary(Int)

    /// What is delivered; `nil` when the fault does not fit.
    func apply(_ text: String) -> [TransportMessage]? {
      switch self {
      case .replace(let other): [.text(other)]
      case .replaceBinary(let count): [.binary(ByteBuffer(repeating: 0x41, count: count))]
      case .truncate(let part): [.text(String(text.prefix(Int(Double(text.utf8.count) * part))))]
      case .edit(let old, let new):
        text.firstRange(of: old).map { [.text(String(text[..<$0.lowerBound] + new + text[$0.upperBound...]))] }
      case .insert(let other, let count): [TransportMessage](repeating: .text(other), count: count) + [.text(text)]
      case .insertBinary(let count): [.binary(ByteBuffer(repeating: 0x41, count: count)), .text(text)]
      }
    }
  }

  private static let everywhere: [Fault] =
    [
      .replace(""), .replace("junk"), .replace("{}"), .replace("[]"), .replace(#"{"type":"lane"}"#),
      .replace(#"{"type":"lane_confirm"}"#), .replace(#"{"type":"pake","protocol":2}"#),
      .replace(#"{"type":"wrong_code"}"#), .replace(#"{"type":"error","code":"x","message":"y"}"#),
      .replace(String(repeating: "[", count: 16 << 10)), .replace(String(repeating: "x", count: 16 << 10 + 1)),
      .replaceBinary(0), .replaceBinary(39), .replaceBinary(1 << 20), .insertBinary(0), .insertBinary(100),
      .insert("junk", count: 1), .insert(#"{"type":"wrong_code"}"#, count: 1), .insert(#"{"type":"new"}"#, count: 16),
      .edit("\"type\":\"", "\"type\":\"x"), .edit("\"type\":\"", "\"type\":7,\"other\":\""),
    ] + [0, 0.3, 0.99].map { .truncate($0) }

  /// Spoils a hexadecimal field.
  private static func field(_ name: String) -> [Fault] {
    let key = "\"\(name)\":\""
    return [
      .edit(key, key + "00"), .edit(key, key + "0"), .edit(key, key + "zz"), .edit("\"\(name)\"", "\"other\""),
      .edit(key, "\"\(name)\":7,\"other\":\""), .edit(key, "\"\(name)\":\"\",\"other\":\""),
    ]
  }

  /// Changes a number, which is one of few digits here.
  private static func number(_ name: String, _ others: [String]) -> [Fault] {
    let key = "\"\(name)\":"
    return others.map { .edit(key, key + $0 + ",\"other\":") } + [.edit(key, "\"other\":"), .edit(key, key + "1")]
  }

  private static let counts = [
    "0", "1", "-1", "1.5", "1e400", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615",
    "18446744073709551616", "\"2\"", "null", "[]",
  ]

  private static func faults(of step: ExchangeStep) -> [Fault] {
    switch step {
    case .offer:
      everywhere + field("kem_key") + number("lane", counts.filter { $0 != "0" })
        + number("epoch", counts.filter { $0 != "1" }) + number("received", counts)
    case .answer: everywhere + field("kem_ciphertext") + field("confirmation") + number("received", counts)
    case .confirmation: everywhere + field("confirmation")
    }
  }

  @Test(
    "Whatever is done to a message by which the peers find each other again, it is no way in, and they dial again",
    arguments: ExchangeStep.allCases)
  func malformed(step: ExchangeStep) async throws {
    let faults = Self.faults(of: step)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, fault) in faults.enumerated() {
        if index >= 6 { try await group.next() }
        group.addTask { try await run(fault, at: step) }
      }
      try await group.waitForAll()
    }
  }

  private func run(_ fault: Fault, at step: ExchangeStep) async throws {
    let (cut, applied) = (Once(), Once())
    let meddler = Meddler { meddler, line, message in
      if ExchangeStep(message) == step, case .text(let text) = message, let faulty = fault.apply(text), applied.take() {
        return faulty.flatMap { line.passing($0) }
      }
      guard message.isRecord, line.role == .sender, line.recordCount == 4, cut.take() else {
        return line.passing(message)
      }
      meddler.cut(line)
      return []
    }
    let results = try await MeddledTransfer(in: folder, meddler).run()
    #expect(applied.isDone, "\(fault) at \(step)")
    #expect(results.sent.errorCode == nil && results.received.errorCode == nil, "\(fault) at \(step): \(results)")
  }

  @Test("A few messages of types that nobody knows are passed over")
  func unknown() async throws {
    let (cut, applied) = (Once(), Once())
    let meddler = Meddler { meddler, line, message in
      if ExchangeStep(message) != nil {
        applied.set()
        return line.passing(.text(#"{"type":"new"}"#), .text(#"{"type":"newer","lane":7}"#), message)
      }
      guard message.isRecord, line.role == .sender, line.recordCount == 4, cut.take() else {
        return line.passing(message)
      }
      meddler.cut(line)
      return []
    }
    let transfer = MeddledTransfer(in: folder, meddler)
    try await transfer.succeed()
    #expect(applied.isDone)
    // Nobody had to dial twice.
    #expect(meddler.lines.count == 4)
  }

  @Test("Of two exchanges at one time the one that is confirmed is completed, although the other one ends before")
  func twoExchanges() async throws {
    let (cut, spoiled) = (Once(), Once())
    let confirmedCount = Mutex(0)
    let meddler = Meddler { meddler, line, message in
      if ExchangeStep(message) == .confirmation {
        // The first one leaves both peers in doubt: from then on they wait at two epochs.
        if spoiled.take() { return line.passing(.text("{}")) }
        let others = meddler.lines(0, .sender, lane: 0).filter { $0 !== line && ($0.address?.epoch ?? 0) > 0 }
        // Not before the sender has given up the other one.
        guard others.count >= 2, others.allSatisfy(\.hasEnded) else { return nil }
        confirmedCount.withLock { $0 += 1 }
        return line.passing(message)
      }
      guard message.isRecord, line.role == .sender, line.recordCount == 4, cut.take() else {
        return line.passing(message)
      }
      meddler.cut(line)
      return []
    }
    try await MeddledTransfer(in: folder, meddler).succeed()
    #expect(confirmedCount.withLock { $0 } == 1)
  }

  @Test("What one connection of several does not deliver goes over the others, and no more than fits is lost with it")
  func blackHole() async throws {
    try folder.write(TestContent.random(90 << 20, seed: 2), to: "tree/larger")
    let swallowed = Mutex<(count: Int, byteCount: Int)>((0, 0))
    let record = CountingCipher.Record()
    let asked = Once()
    let meddler = Meddler { meddler, line, message in
      if record.isLaneCount(message) { asked.set() }
      guard case .binary(let bytes) = message, line.role == .sender, line.address == LaneAddress(number: 1, epoch: 0)
      else {
        // The other one carries nothing more until something is lost.
        let isEarly = message.isRecord && line.role == .sender && asked.isDone && swallowed.withLock { $0.count < 2 }
        return isEarly && !record.isLaneCount(message) ? nil : line.passing(message)
      }
      swallowed.withLock { $0 = ($0.count + 1, $0.byteCount + bytes.readableBytes) }
      return []
    }
    try await MeddledTransfer(in: folder, laneCount: 2, meddler, record).succeed()
    let lost = swallowed.withLock { $0 }
    #expect(lost.count >= 2 && lost.count <= Outbox.countLimit)
    #expect(lost.byteCount <= Outbox.byteLimit + 2 << 20)
  }
}
