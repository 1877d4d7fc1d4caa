import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import TestSupport
import Testing

/// A peer that knows the code, and says of connections and of what it has what is not so.
@Suite("Hostile peers and several connections")
struct HostileLaneTests {
  let rig: HostileSenderRig
  private var folder: TemporaryDirectory { rig.folder }

  init() throws {
    rig = try HostileSenderRig()
    try folder.write(TestContent.random(9 << 20, seed: 1), to: "tree/large")
  }

  private func makeTransfer(laneCount: Int) -> QuickTransfer {
    var transfer = QuickTransfer()
    transfer.sendOptions.connections = .exactly(laneCount)
    transfer.sendOptions.retryDuration = .seconds(120)
    transfer.receiveOptions.retryDuration = .seconds(120)
    transfer.sendOptions.successorDelay = .seconds(3600)
    transfer.receiveOptions.successorDelay = .seconds(3600)
    return transfer
  }

  /// Lets a sender meet a receiver that the test plays, which has read the first page.
  ///
  /// - Returns: How the sender ended, and what it said about why, over the connection that `receiver` returns, or over the
  ///   first one.
  private func send(
    laneCount: Int = 1, _ receiver: @Sendable (RecordPeer, InMemoryRelay) async throws -> RecordLane?
  ) async throws -> (sent: Result<TransferSummary, any Error>, said: P2PCopyError.Code?) {
    let transfer = makeTransfer(laneCount: laneCount)
    async let sent = transfer.watched { await transfer.send([folder.path("tree")]) }
    let peer = try await RecordPeer.meet(as: .receiver, at: transfer.relay)
    let outcome = await result {
      try await peer.negotiateAsReceiver(laneCount: laneCount)
      try await peer.awaitRecord(.page)
      return try await receiver(peer, transfer.relay)
    }
    let said: P2PCopyError.Code?
    if case .success(let lane?) = outcome {
      said = await lane.lastWord()
      await lane.finish()
    } else {
      said = await peer.lastWord()
      await peer.finish()
    }
    return (await sent, said)
  }

  // MARK: What a receiver says it has

  private static let none: UInt64 = 1 << 40

  @Test(
    "A receiver that says it has what was never sent is told so, whatever the number", .timeLimit(.minutes(5)),
    arguments: [
      ReceivedCount(none).body, ReceivedCount(.max).body, ReceivedCount(UInt64(Int64.max)).body,
      ReceivedCount(1, others: [none]).body, ReceivedCount(1, others: [.max]).body,
      ReceivedCount(0, others: [1, .max - 1, .max]).body, ReceivedCount(0, others: Array(1000..<1256)).body,
      // Not in order, twice, too many, cut off, without a count.
      ReceivedCount(0, others: [2, 1]).body, ReceivedCount(0, others: [1, 1]).body, ReceivedCount(2, others: [1]).body,
      ReceivedCount(0).body + [UInt8](repeating: 0xFF, count: 8 * 257), ReceivedCount(0, others: [1]).body.dropLast(),
      ReceivedCount(0).body + [0], [RecordKind.received.rawValue], [RecordKind.received.rawValue, 0, 0, 0],
    ], [1, 2])
  func falseCount(body: [UInt8], laneCount: Int) async throws {
    let outcome = try await send(laneCount: laneCount) { peer, _ in
      try await peer.send(body: body)
      return nil
    }
    #expect(outcome.sent.errorCode == .protocolViolation, "\(outcome)")
    #expect(outcome.said == .protocolViolation, "\(outcome)")
  }

  @Test(
    "A receiver that comes back and says it has more than was sent is told so", arguments: [none, UInt64(Int64.max)])
  func moreThanWasSent(count: UInt64) async throws {
    let outcome = try await send { peer, relay in
      peer.connection.abort()
      return try await peer.dial(LaneAddress(number: 0, epoch: 1), at: relay, claiming: count).lane
    }
    #expect(outcome.sent.errorCode == .protocolViolation, "\(outcome)")
    #expect(outcome.sent.errorMessage?.contains("came back") == true, "\(outcome)")
    #expect(outcome.said == .protocolViolation, "\(outcome)")
  }

  @Test("A receiver that comes back and says it has less than it had is told so")
  func lessThanWasReceived() async throws {
    let outcome = try await send { peer, relay in
      try await peer.send(body: ReceivedCount(2).body)
      try await peer.answer([])
      // Whoever sends content has read what was said before.
      try await peer.awaitRecord(.chunk)
      peer.connection.abort()
      return try await peer.dial(LaneAddress(number: 0, epoch: 1), at: relay, claiming: 1).lane
    }
    #expect(outcome.sent.errorCode == .protocolViolation, "\(outcome)")
    #expect(outcome.sent.errorMessage?.contains("came back with 1 records") == true, "\(outcome)")
    #expect(outcome.said == .protocolViolation, "\(outcome)")
  }

  @Test("A receiver does not say how many connections there are", arguments: [1, 2])
  func lanesFromReceiver(laneCount: Int) async throws {
    let outcome = try await send(laneCount: laneCount) { peer, _ in
      try await peer.send(body: LaneCount(UInt32(laneCount)).body)
      return nil
    }
    #expect(outcome.sent.errorCode == .protocolViolation, "\(outcome)")
    #expect(outcome.said == .protocolViolation, "\(outcome)")
  }

  // MARK: What a sender says

  private func offer(laneCount: Int) -> SessionOffer {
    var offer = RecordPeer.offer
    offer.connectionCount = laneCount
    return offer
  }

  @Test(
    "No connections, more than were agreed on, or half a number end the session",
    arguments: [
      (1, LaneCount(0).body), (1, LaneCount(2).body), (4, LaneCount(0).body), (4, LaneCount(5).body),
      (8, LaneCount(9).body), (8, LaneCount(.max).body), (4, LaneCount(2).body.dropLast()),
      (4, LaneCount(2).body + [0]),
      (4, [RecordKind.lanes.rawValue]),
    ])
  func laneCounts(agreed: Int, body: [UInt8]) async throws {
    let outcome = try await rig.receive(makeTransfer(laneCount: 1), offering: offer(laneCount: agreed)) { peer in
      try await peer.send(body: body)
    }
    #expect(outcome.received.errorCode == .protocolViolation, "\(outcome)")
    #expect(outcome.said == .protocolViolation, "\(outcome)")
  }

  @Test("Nobody waits at the other end of a connection that was not asked for")
  func laneNotAgreed() async throws {
    let transfer = makeTransfer(laneCount: 1)
    let outcome = try await rig.receive(transfer, offering: offer(laneCount: 2)) { peer in
      var strangers: [any TransportConnection] = []
      // One that may be asked for, two that may not, and earlier or later ones of that there is.
      for lane in [
        LaneAddress(number: 1, epoch: 0), LaneAddress(number: 2, epoch: 0), LaneAddress(number: .max, epoch: .max),
        LaneAddress(number: 0, epoch: 0), LaneAddress(number: 0, epoch: 1),
      ] {
        let connection = try await InMemoryTransport(relay: transfer.relay)
          .connect(to: Endpoint(scheme: "memory", address: "relay"), options: TransportOptions())
        let hello = RendezvousMessage.hello(identifier: peer.identifier(of: lane), role: .sender, protocolNumber: 2)
        try await connection.send(.text(hello.encoded()))
        strangers.append(connection)
      }
      try await peer.send(page: [rig.entry("x", size: 3)])
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: [(0, [7, 8, 9])])
      try await peer.finishPages(delivering: [.file("x", [7, 8, 9])])
      _ = try await peer.receive(kind: .control)
      await peer.finish()
      for stranger in strangers {
        // The relay answers by itself: nobody was there.
        #expect(try await stranger.finish(.normal) == .normal)
      }
    }
    #expect(outcome.received.errorCode == nil, "\(outcome)")
    #expect(folder.read("out/x") == [7, 8, 9])
    #expect(transfer.tap.endpoints.count == 1)
  }

  @Test("A sender that comes back and says it has more than was sent is told so", arguments: [none, UInt64(Int64.max)])
  func moreThanReceiverSent(count: UInt64) async throws {
    let transfer = makeTransfer(laneCount: 1)
    async let received = transfer.watched { await transfer.receive(into: folder.path("out")) }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    try await peer.negotiate()
    try await peer.send(page: [rig.entry("x", size: 3)])
    _ = try await peer.receiveAnswer()
    peer.connection.abort()
    let lane = try await peer.dial(LaneAddress(number: 0, epoch: 1), at: transfer.relay, claiming: count).lane
    #expect(await lane.lastWord() == .protocolViolation)
    await lane.finish()
    let outcome = await received
    #expect(outcome.errorCode == .protocolViolation, "\(outcome)")
    #expect(folder.read("out/x") == nil)
  }

  @Test("That connections are lost which there never were changes nothing")
  func falseLosses() async throws {
    let transfer = makeTransfer(laneCount: 1)
    let outcome = try await rig.receive(transfer, offering: offer(laneCount: 4)) { peer in
      for number in [0, 1, 3, 4, UInt32.max] {
        for epoch in [UInt32(1), 7, .max] { try await peer.send(body: LaneLoss(number: number, epoch: epoch).body) }
      }
      try await peer.send(page: [rig.entry("x", size: 3)])
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: [(0, [7, 8, 9])])
      try await peer.finishPages(delivering: [.file("x", [7, 8, 9])])
      _ = try await peer.receive(kind: .control)
      await peer.finish()
    }
    #expect(outcome.received.errorCode == nil, "\(outcome)")
    #expect(folder.read("out/x") == [7, 8, 9])
  }

  @Test("Records far ahead of one that is missing end the session before they fill the memory")
  func aheadOfMissing() async throws {
    let transfer = makeTransfer(laneCount: 1)
    async let received = transfer.watched { await transfer.receive(into: folder.path("out")) }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    try await peer.negotiate(offering: offer(laneCount: 2))
    try await peer.send(body: LaneCount(2).body)
    peer.hasSeveralLanes = true
    let (lane, sentCount) = try await peer.dial(LaneAddress(number: 1, epoch: 0), at: transfer.relay, claiming: 0)
    // Record 2 never comes.
    let body = [RecordKind.chunk.rawValue] + [UInt8](repeating: 1, count: 1 << 20)
    var number = max(sentCount, 3)
    while number < 200, case .success = await result({ try await lane.send(body: body, as: number) }) { number += 1 }
    #expect(number < 200)
    lane.connection.abort()
    #expect(await peer.lastWord() == .protocolViolation)
    await peer.finish()
    let outcome = await received
    #expect(outcome.errorCode == .protocolViolation, "\(outcome)")
  }
}
