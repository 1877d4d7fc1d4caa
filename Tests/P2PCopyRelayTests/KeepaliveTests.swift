import NIOCore
import NIOEmbedded
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Keepalive")
struct KeepaliveTests {
  private static let ping = Frame(opcode: .ping, payload: [])

  @Test("A silent waiting peer is pinged every interval, and dropped after three")
  func waitingPeerDies() throws {
    let relay = EmbeddedRelay()
    relay.switchboard.startKeepalive()
    let peer = try relay.connect()
    try peer.send(ClientFrame.hello("c0de", "sender"))
    relay.loop.advanceTime(by: .seconds(15))
    #expect(try peer.frames().isEmpty)
    relay.loop.advanceTime(by: .seconds(10))
    #expect(try peer.frames() == [Self.ping])
    relay.loop.advanceTime(by: .seconds(20))
    #expect(try peer.frames() == [Self.ping])
    relay.loop.advanceTime(by: .seconds(20))
    #expect(peer.isClosed)
    #expect(relay.switchboard.counts == .none)
  }

  @Test("One that answers stays")
  func answers() throws {
    let relay = EmbeddedRelay()
    relay.switchboard.startKeepalive()
    let peer = try relay.connect()
    try peer.send(ClientFrame.hello("c0de", "sender"))
    for _ in 0..<50 {
      relay.loop.advanceTime(by: .seconds(25))
      #expect(try peer.frames() == [Self.ping])
      try peer.send(ClientFrame.bytes(.pong, []))
    }
    #expect(relay.switchboard.counts.waiting == 1)
  }

  @Test("A dead paired peer has vanished for the other one")
  func pairedPeerDies() throws {
    let relay = EmbeddedRelay()
    relay.switchboard.startKeepalive()
    let (sender, receiver) = try relay.connectPair()
    for _ in 0..<7 {
      relay.loop.advanceTime(by: .seconds(10))
      try receiver.send(ClientFrame.bytes(.pong, []))
    }
    #expect(sender.isClosed)
    #expect(try receiver.frames().last == .close(4002, "peer vanished"))
  }

  @Test("A peer that may be busy with what it got has more time")
  func busyPeer() throws {
    let relay = EmbeddedRelay()
    relay.switchboard.startKeepalive()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.text("something to do"))
    for second in stride(from: 10, through: 140, by: 10) {
      relay.loop.advanceTime(by: .seconds(10))
      if !sender.isClosed { try sender.send(ClientFrame.bytes(.pong, [])) }
      if second < 115 { #expect(!receiver.isClosed) }
    }
    #expect(receiver.isClosed)
    #expect(try sender.frames().last == .close(4002, "peer vanished"))
  }

  @Test("A ping waits for the end of a forwarded frame")
  func pingBetweenFrames() throws {
    let relay = EmbeddedRelay()
    relay.switchboard.startKeepalive()
    let (sender, receiver) = try relay.connectPair()
    let frame = ClientFrame.bytes(.binary, [UInt8](repeating: 9, count: 200))
    try sender.send(frame[..<100])
    relay.loop.advanceTime(by: .seconds(25))
    #expect(try receiver.frames().isEmpty)
    try sender.send(frame[100...])
    #expect(
      try receiver.frames() == [Frame(opcode: .binary, payload: [UInt8](repeating: 9, count: 200)), Self.ping])
  }

  @Test("Who has said close may be silent while the other still takes its time")
  func silentAfterClose() throws {
    let relay = EmbeddedRelay()
    relay.switchboard.startKeepalive()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.close(1000))
    for _ in 0..<20 {
      relay.loop.advanceTime(by: .seconds(10))
      try receiver.send(ClientFrame.text("working"))
    }
    #expect(!sender.isClosed)
    #expect(!(try sender.frames()).contains(Self.ping))
  }
}
