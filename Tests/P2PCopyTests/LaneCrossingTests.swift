import P2PCopy
import P2PCopyWire
import Synchronization
import TestSupport
import Testing

/// A relay that delivers over one connection what was sent over another one, of the same session or of another one.
@Suite("Hostile relay and several connections: crossing")
struct LaneCrossingTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(5 << 20, seed: 1), to: "tree/large")
    try folder.write(Array("one".utf8), to: "tree/small")
  }

  @Test(
    "Two connections that are exchanged while the peers find each other are none, and are dialled again",
    arguments: [false, true])
  func exchange(isAdapted: Bool) async throws {
    // What the sender said first over either of them, and where.
    let offers = Mutex<[UInt32: Meddler.Delivery]>([:])
    let crossed = Mutex<Set<UInt32>>([])
    let record = CountingCipher.Record()
    let meddler = Meddler { meddler, line, message in
      if record.isControl(message, "end"), crossed.withLock({ $0.count }) < 2 { return nil }
      guard let step = ExchangeStep(message), let lane = line.address?.number else { return line.passing(message) }
      let other = lane == 1 ? UInt32(2) : 1
      switch step {
      case .offer:
        guard crossed.withLock({ !$0.contains(lane) }) else { return line.passing(message) }
        offers.withLock { $0[lane] = $0[lane] ?? Meddler.Delivery(message: message, line: line) }
        guard let offer = offers.withLock({ $0[other] }) else { return nil }
        _ = crossed.withLock { $0.insert(lane) }
        return offer.line.passing(isAdapted ? ExchangeStep.adapting(message, to: offer.message) : message)
      case .answer:
        // Back to who said that.
        guard let offered = offers.withLock({ $0[lane] })?.line, meddler.partner(of: offered) === line,
          let source = offers.withLock({ $0[other] })?.line, let target = meddler.partner(of: source)
        else { return line.passing(message) }
        return target.passing(message)
      case .confirmation: return line.passing(message)
      }
    }
    try await MeddledTransfer(in: folder, laneCount: 3, meddler, record).succeed()
    #expect(crossed.withLock { $0 } == [1, 2])
  }

  @Test("A record that comes over another connection ends the session", arguments: [PeerRole.sender, .receiver])
  func records(role: PeerRole) async throws {
    let (asked, crossed) = (Once(), Once())
    let record = CountingCipher.Record()
    let meddler = Meddler { meddler, line, message in
      if record.isLaneCount(message) {
        asked.set()
        return line.passing(message)
      }
      guard message.isRecord, line.role == role, asked.isDone, !crossed.isDone, let lane = line.address?.number,
        // Until both others are there and one of them carries something nothing else passes.
        lane > 0, let other = meddler.lines(0, role, lane: 3 - lane).last(where: \.isInUse)
      else {
        return message.isRecord && line.role == role && asked.isDone && !crossed.isDone ? nil : line.passing(message)
      }
      crossed.set()
      return other.passing(message)
    }
    let results = try await MeddledTransfer(in: folder, laneCount: 3, meddler, record).run()
    #expect(crossed.isDone)
    #expect(results.sent.errorCode == .checksumMismatch, "\(results)")
    #expect(results.received.errorCode == .checksumMismatch, "\(results)")
  }

  @Test(
    "Two sessions whose connections are paired with each other's find their own peers in the end", arguments: [1, 2])
  func sessions(laneCount: Int) async throws {
    let renamed = Mutex<Set<String>>([])
    // Who has got an answer of the other session's receiver.
    let deceived = Mutex<Set<Int>>([])
    let cut = [Once(), Once()]
    let records = [CountingCipher.Record(), CountingCipher.Record()]
    let isDeceived = { @Sendable in deceived.withLock { $0.count == 2 } }
    let meddler = Meddler(renaming: { line in
      // The first connection is the handshake's.
      let isLater = renamed.withLock { renamed in
        let who = "\(line.party) \(line.role)"
        guard renamed.insert(who).inserted else { return renamed.insert(who + " again").inserted }
        return false
      }
      guard isLater else { return nil }
      return ("meeting \(line.role == .sender ? line.party : 1 - line.party)", line.role)
    }) { meddler, line, message in
      if line.role == .receiver, ExchangeStep(message) == .answer, let partner = meddler.partner(of: line),
        partner.party != line.party
      {
        deceived.withLock { _ = $0.insert(partner.party) }
      }
      if records[line.party].isControl(message, "end"), !isDeceived() { return nil }
      guard laneCount == 1, message.isRecord, line.role == .sender, line.recordCount == 4, cut[line.party].take() else {
        return line.passing(message)
      }
      meddler.cut(line)
      return []
    }
    let first = MeddledTransfer(in: folder, laneCount: laneCount, meddler, records[0])
    var second = MeddledTransfer(
      in: folder, laneCount: laneCount, party: 1, at: first.transfer.relay, meddler, records[1])
    second.transfer.senderCode = "5932-lusab-babad"
    second.transfer.receiverCode = "5932-lusab-babad"
    let other = second
    async let firstDone: Void = first.succeed()
    async let secondDone: Void = other.succeed()
    _ = try await (firstDone, secondDone)
    #expect(isDeceived())
    let seals = records.flatMap(\.seals)
    #expect(Set(seals).count == seals.count)
  }
}
