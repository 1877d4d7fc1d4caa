import P2PCopy
import P2PCopyWire
import Synchronization
import TestSupport
import Testing

/// A relay that delivers once more what it delivered before, over another connection of the session.
@Suite("Hostile relay and several connections: replay")
struct LaneReplayTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(5 << 20, seed: 1), to: "tree/large")
    try folder.write(Array("one".utf8), to: "tree/small")
  }

  /// Both peers find that something is not what was sealed: one itself, the other one hears of it.
  private func expectDamage(_ results: MeddledTransfer.Results, _ what: String) {
    #expect(results.sent.errorCode == .checksumMismatch, "\(what): \(results)")
    #expect(results.received.errorCode == .checksumMismatch, "\(what): \(results)")
  }

  @Test(
    "Records of a connection that was lost are none of the next one's", arguments: [PeerRole.sender, .receiver], [0, 1])
  func laterEpoch(role: PeerRole, index: Int) async throws {
    let kept = KeptMessages()
    let (cut, replayed) = (Once(), Once())
    let meddler = Meddler { meddler, line, message in
      guard message.isRecord else { return line.passing(message) }
      guard line.address?.epoch == 0 else {
        guard line.role == role, kept.all.indices.contains(index), replayed.take() else { return line.passing(message) }
        return line.passing(kept.all[index], message)
      }
      if line.role == role { kept.keep(message) }
      guard line.role == .sender, line.recordCount == 5, cut.take() else { return line.passing(message) }
      meddler.cut(line)
      return []
    }
    let results = try await MeddledTransfer(in: folder, meddler).run()
    #expect(replayed.isDone)
    expectDamage(results, "\(role) \(index)")
  }

  @Test(
    "Records of one of several connections are none of another one's", arguments: [PeerRole.sender, .receiver],
    [true, false])
  func otherLane(role: PeerRole, isFirst: Bool) async throws {
    let kept = KeptMessages()
    let (asked, replayed) = (Once(), Once())
    let record = CountingCipher.Record()
    let meddler = Meddler { meddler, line, message in
      guard message.isRecord, let lane = line.address?.number else { return line.passing(message) }
      if lane == 0, line.role == role {
        // From now on everything that way goes over the other one.
        if asked.isDone, !replayed.isDone { return nil }
        kept.keep(message)
      }
      if record.isLaneCount(message) { asked.set() }
      guard lane == 1, line.role == role, let old = isFirst ? kept.all.first : kept.all.last, replayed.take() else {
        return line.passing(message)
      }
      return line.passing(old, message)
    }
    let results = try await MeddledTransfer(in: folder, laneCount: 2, meddler, record).run()
    #expect(replayed.isDone)
    expectDamage(results, "\(role) first: \(isFirst)")
  }

  @Test("A record that comes twice over one connection ends the session", arguments: [PeerRole.sender, .receiver])
  func duplicate(role: PeerRole) async throws {
    let (asked, repeated) = (Once(), Once())
    let record = CountingCipher.Record()
    let meddler = Meddler { meddler, line, message in
      guard message.isRecord, let lane = line.address?.number, line.role == role else {
        if record.isLaneCount(message) { asked.set() }
        return line.passing(message)
      }
      if lane == 0, asked.isDone, !repeated.isDone { return nil }
      if record.isLaneCount(message) { asked.set() }
      guard lane == 1, repeated.take() else { return line.passing(message) }
      return line.passing(message, message)
    }
    let results = try await MeddledTransfer(in: folder, laneCount: 2, meddler, record).run()
    #expect(repeated.isDone)
    expectDamage(results, "\(role)")
  }

  @Test(
    "What was said when the peers found each other before is no use when they look for each other again",
    arguments: ExchangeStep.allCases, [false, true])
  func laterExchange(step: ExchangeStep, isAdapted: Bool) async throws {
    let kept = Mutex<[ExchangeStep: TransportMessage]>([:])
    let (firstCut, secondCut, replayed) = (Once(), Once(), Once())
    let meddler = Meddler { meddler, line, message in
      if let said = ExchangeStep(message) {
        guard secondCut.isDone else {
          kept.withLock { $0[said] = message }
          return line.passing(message)
        }
        guard said == step, let old = kept.withLock({ $0[said] }), replayed.take() else { return line.passing(message) }
        return line.passing(isAdapted ? ExchangeStep.adapting(old, to: message) : old)
      }
      guard message.isRecord, line.role == .sender, let epoch = line.address?.epoch else {
        return line.passing(message)
      }
      let isCut = epoch == 0 ? line.recordCount == 4 && firstCut.take() : line.recordCount == 1 && secondCut.take()
      guard isCut else { return line.passing(message) }
      meddler.cut(line)
      return []
    }
    try await MeddledTransfer(in: folder, meddler).succeed()
    #expect(replayed.isDone)
  }

  @Test(
    "What was said over one of several connections is no use for another one", arguments: ExchangeStep.allCases,
    [false, true])
  func otherLanesExchange(step: ExchangeStep, isAdapted: Bool) async throws {
    let kept = Mutex<[UInt32: TransportMessage]>([:])
    let replayed = Once()
    let record = CountingCipher.Record()
    let meddler = Meddler { meddler, line, message in
      if record.isControl(message, "end"), !replayed.isDone { return nil }
      guard ExchangeStep(message) == step, let lane = line.address?.number else { return line.passing(message) }
      let old = kept.withLock { kept in
        kept[lane] = message
        return kept.first { $0.key != lane }?.value
      }
      guard let old, replayed.take() else { return line.passing(message) }
      return line.passing(isAdapted ? ExchangeStep.adapting(old, to: message) : old)
    }
    try await MeddledTransfer(in: folder, laneCount: 3, meddler, record).succeed()
    #expect(replayed.isDone)
  }
}
