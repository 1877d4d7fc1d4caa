import NIOCore
import NIOEmbedded
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

/// What a relay grants to many strangers together.
@Suite("Limits")
struct LimitTests {
  private static let hello = #"{"type":"hello","code_hash_hex":"c0de","role":"sender"}"#

  @Test("However many peers of protocol 2 wait and send, nothing is held for them")
  func waitingPeersOfProtocol2() throws {
    let relay = EmbeddedRelay()
    for number in 0..<400 {
      let peer = try relay.connect()
      try peer.send(Protocol2Tests.hello("receiver", code: "\(number)"))
      // As much as reaches it before it is told off, in one read.
      if number % 2 == 0 { try peer.send(ClientFrame.bytes(.binary, [UInt8](repeating: 1, count: 60_000))) }
      _ = try peer.frames()
    }
    #expect(relay.switchboard.heldByteCount == 0)
    #expect(relay.switchboard.counts.waiting == 200)
  }

  @Test("What peers of protocol 1 send ahead is bounded over all of them, and room is given back")
  func waitingPeersOfProtocol1() throws {
    var limits = RelayLimits()
    limits.maximumHeldByteCount = 1 << 20
    let relay = EmbeddedRelay(limits: limits)
    let ahead = ClientFrame.bytes(.binary, [UInt8](repeating: 1, count: 60_000))
    var refusedCount = 0
    var peers: [EmbeddedPeer] = []
    for number in 0..<300 {
      let peer = try relay.connect()
      try peer.send(ClientFrame.hello("\(number)", "receiver") + ahead)
      #expect(relay.switchboard.heldByteCount <= 1 << 20)
      let statuses = try peer.frames().map(\.closeStatus)
      #expect(statuses.isEmpty || statuses == [1013])
      if statuses.isEmpty { peers.append(peer) } else { refusedCount += 1 }
    }
    #expect(peers.count == (1 << 20) / 60_004)
    #expect(refusedCount == 300 - peers.count)
    // One is paired, one leaves: both give back what they held.
    let partner = try relay.connect()
    try partner.send(ClientFrame.hello("0", "sender"))
    #expect(
      try partner.frames() == [.ready, Frame(opcode: .binary, payload: [UInt8](repeating: 1, count: 60_000))])
    for peer in peers { peer.vanish() }
    #expect(relay.switchboard.heldByteCount == 0)
    let late = try relay.connect()
    try late.send(ClientFrame.hello("late", "receiver") + ahead)
    #expect(try late.frames().isEmpty)
  }

  @Test("Hellos that do not come to their end share the same room")
  func slowHellos() throws {
    var limits = RelayLimits()
    limits.maximumHeldByteCount = 1 << 20
    let relay = EmbeddedRelay(limits: limits)
    let half = ClientFrame.text(Self.hello + String(repeating: " ", count: 50_000)).dropLast()
    for _ in 0..<300 {
      let peer = try relay.connect()
      try peer.send(half)
      #expect(relay.switchboard.heldByteCount <= 1 << 20)
    }
    // One that comes in one piece needs no room.
    let quick = try relay.connect()
    try quick.send(ClientFrame.text(Self.hello))
    #expect(relay.switchboard.counts.waiting == 1)
    relay.loop.advanceTime(by: .seconds(20))
    #expect(relay.switchboard.heldByteCount == 0)
  }

  @Test("One address has so many connections and no more; another one has its own")
  func connectionsPerAddress() throws {
    var limits = RelayLimits()
    limits.maximumConnectionsPerAddress = 3
    let relay = EmbeddedRelay(limits: limits)
    let customers = [
      // In one /64; the same seen through a socket that takes both; an address that is not known.
      ["192.0.2.1"], ["192.0.2.2", "::ffff:192.0.2.2"], ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"],
      ["2001:db8:1:3::1"],
      [nil], ["::1"],
    ]
    for addresses in customers {
      var peers: [EmbeddedPeer] = []
      for number in 0..<3 { peers.append(try relay.connect(from: addresses[number % addresses.count])) }
      for address in addresses { #expect(throws: (any Error).self) { try relay.connect(from: address) } }
      peers[0].vanish()
      _ = try relay.connect(from: addresses[0])
      #expect(throws: (any Error).self) { try relay.connect(from: addresses[0]) }
    }
    #expect(relay.switchboard.counts.connections == 3 * customers.count)
  }

  @Test("Without that limit one address may have all")
  func noLimitPerAddress() throws {
    var limits = RelayLimits()
    limits.maximumConnectionsPerAddress = nil
    let relay = EmbeddedRelay(limits: limits)
    for _ in 0..<1500 { _ = try relay.connect(from: "192.0.2.1") }
    #expect(relay.switchboard.counts.connections == 1500)
  }

  @Test("Who has waited for the longest time is told so and closed; a pair is not")
  func longestWait() throws {
    var limits = RelayLimits.patient
    limits.maximumWait = .seconds(60)
    let relay = EmbeddedRelay(limits: limits)
    let (modern, old) = (try relay.connect(), try relay.connect())
    try modern.send(Protocol2Tests.hello("receiver", code: "modern"))
    try old.send(ClientFrame.hello("old", "sender"))
    let (sender, receiver) = try relay.connectPair()
    relay.loop.advanceTime(by: .seconds(59))
    #expect(try modern.frames() == [Protocol2Tests.waiting])
    #expect(try old.frames().isEmpty)
    relay.loop.advanceTime(by: .seconds(1))
    let reason = "nobody came within 60 seconds, the longest wait here"
    let frames = try modern.frames()
    #expect(try Protocol2Tests.errorCode(frames.first) == "waited-too-long")
    #expect(frames.dropFirst() == [.close(4004, reason)])
    #expect(try old.frames() == [.close(4004, reason)])
    #expect(relay.switchboard.counts.waiting == 0)
    relay.loop.advanceTime(by: .seconds(300))
    try sender.send(ClientFrame.text("still here"))
    #expect(try receiver.frames() == [.text("still here")])
  }

  @Test("Limits that cannot be kept are refused")
  func impossibleLimits() async {
    let changes: [@Sendable (inout RelayLimits) -> Void] = [
      { $0.maximumConnectionsPerAddress = 0 }, { $0.maximumHeldByteCount = 0 }, { $0.maximumWait = .zero },
      { $0.maximumWait = .seconds(86_400 * 31) },
    ]
    for change in changes {
      var limits = RelayLimits()
      change(&limits)
      await #expect(throws: RelayError.self) {
        try await RelayServer.run(limits: limits) { _ in }
      }
    }
  }
}
