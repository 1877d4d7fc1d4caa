import NIOCore
import NIOEmbedded
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Closing")
struct ClosingTests {
  @Test("A close goes through to the other peer, and is answered only by that peer's close")
  func passesThrough() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.text("last") + ClientFrame.close(1000, "done") + ClientFrame.text("ignored"))
    #expect(
      try receiver.frames() == [Frame(opcode: .text, payload: Array("last".utf8)), .close(1000, "done")])
    #expect(try sender.frames().isEmpty)
    #expect(!sender.isClosed)
    try receiver.send(ClientFrame.text("still something") + ClientFrame.close(4000, "got it"))
    #expect(
      try sender.frames() == [
        Frame(opcode: .text, payload: Array("still something".utf8)), .close(4000, "got it"),
      ])
    #expect(sender.isClosed)
    #expect(receiver.isClosed)
    #expect(relay.switchboard.counts == .none)
  }

  @Test("A close without a status stays without one")
  func withoutStatus() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.bytes(.close, []))
    #expect(try receiver.frames() == [Frame(opcode: .close, payload: [])])
    try receiver.send(ClientFrame.bytes(.close, []))
    #expect(try sender.frames() == [Frame(opcode: .close, payload: [])])
    #expect(relay.switchboard.counts == .none)
  }

  @Test("A peer that breaks off is reported as vanished, after everything it sent")
  func vanishes() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.text("last"))
    sender.vanish()
    #expect(
      try receiver.frames() == [
        Frame(opcode: .text, payload: Array("last".utf8)), .close(4002, "peer vanished"),
      ])
    #expect(!receiver.isClosed)
    try receiver.send(ClientFrame.close(4002))
    #expect(receiver.isClosed)
    #expect(relay.switchboard.counts == .none)
  }

  @Test("In the middle of a frame there is nothing to say: the connection just ends")
  func vanishesInsideFrame() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.bytes(.binary, [UInt8](repeating: 0, count: 100)).prefix(50))
    sender.vanish()
    #expect(try receiver.frames().isEmpty)
    #expect(receiver.isInsideFrame)
    #expect(receiver.isClosed)
  }

  @Test("Who has said close and waits is told when the other vanishes")
  func vanishesBeforeAnswer() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.close(1000))
    receiver.vanish()
    #expect(try sender.frames() == [.close(4002, "peer vanished")])
    #expect(sender.isClosed)
  }

  @Test("Who says close and does not wait for the answer has not vanished")
  func doesNotWait() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.close(1000))
    sender.vanish()
    #expect(try receiver.frames() == [.close(1000, "")])
    #expect(!receiver.isClosed)
    try receiver.send(ClientFrame.close(1000))
    #expect(receiver.isClosed)
    #expect(relay.switchboard.counts == .none)
  }

  @Test("A peer that does not answer a close is not waited for long")
  func noAnswer() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    sender.vanish()
    relay.loop.advanceTime(by: .seconds(4))
    #expect(!receiver.isClosed)
    relay.loop.advanceTime(by: .seconds(2))
    #expect(receiver.isClosed)
    #expect(relay.switchboard.counts == .none)
  }

  @Test("Both closing at once is an end like any other")
  func crossing() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(ClientFrame.close(1000, "s"))
    try receiver.send(ClientFrame.close(1001, "r"))
    #expect(try sender.frames() == [.close(1001, "r")])
    #expect(try receiver.frames() == [.close(1000, "s")])
    #expect(relay.switchboard.counts == .none)
  }
}
