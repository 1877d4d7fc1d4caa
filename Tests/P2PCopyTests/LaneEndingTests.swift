import P2PCopy
import P2PCopyWire
import Synchronization
import TestSupport
import Testing

/// How a session with several connections ends.
@Suite("The end of several connections")
struct LaneEndingTests {
  private static let laneCount = 4

  /// How long a receiver that would end connections too early is given to do so. One that needs longer is not found out.
  private static let temptation = Duration.milliseconds(500)

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(2 << 20, seed: 1), to: "tree/large")
    try folder.write(Array("one".utf8), to: "tree/small")
  }

  /// What the relay keeps of what the receiver sends: from the receipt on everything that goes over the same connection.
  private struct Kept: Sendable {
    var deliveries: [Meddler.Delivery] = []
    var isReleased = false

    func holdsUp(_ line: Meddler.Line) -> Bool { deliveries.contains { $0.line === line } }
  }

  @Test("While the receipt is on its way the receiver ends no connection, and neither side takes that for a failure")
  func receiptOnItsWay() async throws {
    let record = CountingCipher.Record()
    let kept = Mutex(Kept())
    let meddler = Meddler { meddler, line, message in
      // Until all connections are in use at both sides nothing comes to its end.
      if record.isControl(message, "end"), meddler.lines.count(where: \.isInUse) < 2 * (Self.laneCount - 1) {
        return nil
      }
      return kept.withLock { kept in
        guard record.isControl(message, "receipt") || kept.holdsUp(line) else { return line.passing(message) }
        // Not before what came over this connection before.
        guard !kept.isReleased else { return kept.holdsUp(line) ? nil : line.passing(message) }
        kept.deliveries += line.passing(message)
        return []
      }
    }
    let endedEarly = Mutex<[UInt32]>([])
    let release = Task {
      while kept.withLock({ $0.deliveries.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
      try await Task.sleep(for: Self.temptation)
      endedEarly.withLock {
        $0 = meddler.lines.filter { $0.role == .receiver && $0.hasEnded }.compactMap { $0.address?.number }
      }
      for delivery in kept.withLock({ kept in
        kept.isReleased = true
        return kept.deliveries
      }) {
        _ = await result { try await delivery.line.connection.send(delivery.message) }
      }
      kept.withLock { $0.deliveries = [] }
    }
    defer { release.cancel() }
    try await MeddledTransfer(in: folder, laneCount: Self.laneCount, meddler, record).succeed()
    #expect(kept.withLock { $0.isReleased })
    #expect(endedEarly.withLock { $0 } == [], "the receiver ended connections before the sender had the receipt")
  }
}
