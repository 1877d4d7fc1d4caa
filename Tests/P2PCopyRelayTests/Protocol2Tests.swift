import NIOCore
import NIOEmbedded
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Protocol 2 hellos", .timeLimit(.minutes(2)))
struct Protocol2Tests {
  static let waiting = Frame.text(#"{"type":"waiting"}"#)
  static let ready = Frame.text(#"{"type":"ready","protocol":2}"#)

  static func hello(_ role: String, code: String = "c0de", number: String = "2") -> [UInt8] {
    ClientFrame.text(
      #"{"type":"hello","code_hash_hex":"\#(code)","role":"\#(role)","protocol":\#(number)}"#)
  }

  /// The code of an error message, if the frame is one with a message for a person.
  static func errorCode(_ frame: Frame?) throws -> String? {
    guard let frame, frame.opcode == .text else { return nil }
    let text = String(decoding: frame.payload, as: UTF8.self)
    let match = try #/\{"type":"error","code":"([a-z0-9-]+)","message":"[^"\\]+"\}/#.wholeMatch(in: text)
    return match.map { String($0.1) }
  }

  static func other(_ role: String) -> String { role == "sender" ? "receiver" : "sender" }

  @Test("The first is told to wait, then both that they are paired", arguments: ["sender", "receiver"])
  func waitingAndReady(first role: String) throws {
    let relay = EmbeddedRelay()
    let (first, second) = (try relay.connect(), try relay.connect())
    try first.send(Self.hello(role))
    #expect(try first.frames() == [Self.waiting])
    #expect(relay.switchboard.counts == RelayCounts(connections: 2, waiting: 1, pairs: 0))
    try second.send(Self.hello(Self.other(role)))
    #expect(try first.frames() == [Self.ready])
    #expect(try second.frames() == [Self.ready])
    #expect(relay.switchboard.counts == RelayCounts(connections: 2, waiting: 0, pairs: 1))
    try first.send(ClientFrame.text("1") + ClientFrame.close(1000))
    #expect(try second.frames() == [.text("1"), .close(1000, "")])
    try second.send(ClientFrame.text("2") + ClientFrame.close(1000))
    #expect(try first.frames() == [.text("2"), .close(1000, "")])
    #expect(relay.switchboard.counts == .none)
  }

  @Test(
    "A peer that sends anything while it waits is sent away, and its code is free", arguments: ["sender", "receiver"])
  func speaksEarly(first role: String) throws {
    for early in [
      ClientFrame.bytes(.binary, [1, 2]), ClientFrame.text(""), ClientFrame.header(.binary, count: 1 << 20),
    ] {
      let relay = EmbeddedRelay()
      let (first, second, third) = (try relay.connect(), try relay.connect(), try relay.connect())
      try first.send(Self.hello(role) + early)
      let frames = try first.frames()
      #expect(frames.first == Self.waiting)
      #expect(try Self.errorCode(frames.dropFirst().first) == "sent-too-much")
      #expect(frames.last?.closeStatus == 1009 && frames.count == 3)
      #expect(relay.switchboard.heldByteCount == 0)
      // Of what it sent nothing reaches whoever comes.
      try second.send(Self.hello(Self.other(role)))
      #expect(try second.frames() == [Self.waiting])
      try third.send(Self.hello(role))
      #expect(try second.frames() == [Self.ready])
      #expect(try third.frames() == [Self.ready])
    }
  }

  @Test(
    "What comes right behind the hello of the second goes behind the first one's ready",
    arguments: ["sender", "receiver"])
  func speaksAtOnce(first role: String) throws {
    let relay = EmbeddedRelay()
    let (first, second) = (try relay.connect(), try relay.connect())
    try first.send(Self.hello(role) + ClientFrame.bytes(.ping, "there?".utf8))
    #expect(try first.frames() == [Self.waiting, Frame(opcode: .pong, payload: Array("there?".utf8))])
    try second.send(Self.hello(Self.other(role)) + ClientFrame.text("early"))
    #expect(try second.frames() == [Self.ready])
    #expect(try first.frames() == [Self.ready, .text("early")])
  }

  @Test("A second one with the same role hears why, the first one keeps its place", arguments: ["sender", "receiver"])
  func duplicateRole(role: String) throws {
    let relay = EmbeddedRelay()
    let (first, second, third, fourth) = (
      try relay.connect(), try relay.connect(), try relay.connect(), try relay.connect()
    )
    try first.send(Self.hello(role))
    try second.send(Self.hello(role))
    let frames = try second.frames()
    #expect(try Self.errorCode(frames.first) == "duplicate-role")
    #expect(frames.dropFirst() == [.close(1013, "Duplicate role for code")])
    // Of another protocol, it is of the same role first of all, and hears it in its own way.
    try third.send(ClientFrame.hello("c0de", role))
    #expect(try third.frames() == [.close(1013, "Duplicate role for code")])
    #expect(try first.frames() == [Self.waiting])
    try fourth.send(Self.hello(Self.other(role)))
    #expect(try first.frames() == [Self.ready])
  }

  @Test("Peers of different protocols are not paired; the second is told", arguments: ["sender", "receiver"])
  func protocolMismatch(first role: String) throws {
    let relay = EmbeddedRelay()
    let (old, newcomer) = (try relay.connect(), try relay.connect())
    try old.send(ClientFrame.hello("c0de", role))
    try newcomer.send(Self.hello(Self.other(role)))
    let frames = try newcomer.frames()
    #expect(try Self.errorCode(frames.first) == "protocol-mismatch")
    #expect(frames.dropFirst() == [.close(1002, "The other peer speaks protocol 1")])
    #expect(try old.frames().isEmpty)
    #expect(relay.switchboard.counts.waiting == 1)

    let (modern, late) = (try relay.connect(), try relay.connect())
    try modern.send(Self.hello(role, code: "other"))
    try late.send(ClientFrame.hello("other", Self.other(role)))
    #expect(try late.frames() == [.close(1002, "The other peer speaks protocol 2")])
    #expect(try modern.frames() == [Self.waiting])
    #expect(relay.switchboard.counts.waiting == 2)
  }

  @Test("Everything but the number 2 is protocol 1", arguments: ["1", "3", "2.5", "\"2\"", "null", "[2]", "true"])
  func otherNumbers(number: String) throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = (try relay.connect(), try relay.connect())
    try receiver.send(Self.hello("receiver", number: number))
    #expect(try receiver.frames().isEmpty)
    try sender.send(ClientFrame.hello("c0de", "sender"))
    #expect(try sender.frames() == [.ready])
    #expect(try receiver.frames().isEmpty)
  }

  @Test(
    "A hello of protocol 2 with something missing is answered with an error",
    arguments: [
      #"{"type":"hello","protocol":2}"#, #"{"type":"hello","protocol":2,"role":"sender"}"#,
      #"{"protocol":2,"type":"hello","code_hash_hex":"c0de","role":"relay"}"#,
    ])
  func badHello(text: String) throws {
    let relay = EmbeddedRelay()
    let peer = try relay.connect()
    try peer.send(ClientFrame.text(text))
    let frames = try peer.frames()
    #expect(try Self.errorCode(frames.first) == "bad-hello")
    #expect(frames.dropFirst() == [.close(1002, "Bad hello")])
    try peer.send(ClientFrame.close(1002))
    #expect(peer.isClosed)
    #expect(relay.switchboard.counts == .none)
  }

  @Test("A waiting peer that breaks the rules hears which")
  func waitingAndWrong() throws {
    let relay = EmbeddedRelay()
    let (framing, flood) = (try relay.connect(), try relay.connect())
    try framing.send(Self.hello("sender"))
    // A ping in pieces, which RFC 6455 does not have.
    try framing.send(ClientFrame.bytes(.ping, [], isFinal: false))
    var frames = try framing.frames()
    #expect(frames.first == Self.waiting)
    #expect(try Self.errorCode(frames.dropFirst().first) == "bad-frame")
    #expect(frames.last?.closeStatus == 1002 && frames.count == 3)

    try flood.send(Self.hello("sender"))
    try flood.send(ClientFrame.bytes(.binary, [UInt8](repeating: 0, count: 200_000)))
    frames = try flood.frames()
    #expect(try Self.errorCode(frames.dropFirst().first) == "sent-too-much")
    #expect(frames.last?.closeStatus == 1009 && frames.count == 3)
  }

  @Test("Once paired the relay says nothing of its own but Close")
  func noErrorInsideAPair() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = (try relay.connect(), try relay.connect())
    try receiver.send(Self.hello("receiver"))
    try sender.send(Self.hello("sender"))
    _ = (try sender.frames(), try receiver.frames())
    try sender.send(ClientFrame.bytes(.text, [0xFF]))
    #expect(try sender.frames().map(\.closeStatus) == [1007])
    #expect(try receiver.frames() == [.close(4002, "peer vanished")])
  }

  @Test("Only the first message is looked at")
  func onlyTheFirst() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = (try relay.connect(), try relay.connect())
    try receiver.send(Self.hello("receiver"))
    try sender.send(Self.hello("sender") + ClientFrame.text(#"{"type":"error"}"#))
    #expect(try receiver.frames() == [Self.waiting, Self.ready, .text(#"{"type":"error"}"#)])
    try receiver.send(Self.hello("receiver", code: "other") + ClientFrame.text("{"))
    #expect(try sender.frames().count == 3)
    #expect(relay.switchboard.counts == RelayCounts(connections: 2, waiting: 0, pairs: 1))
  }

  @Test("Over sockets, whatever the request's target says")
  func sockets() async throws {
    try await RelayServer.run { relay in
      let targets = ["/?rendezvous=c0de", "/a/path?x=1&rendezvous=other"]
      let receiver = try await WebSocketPeer.upgraded(port: relay.port, target: targets[0])
      receiver.send(Self.hello("receiver"))
      #expect(try await receiver.frame() == Self.waiting)
      let sender = try await WebSocketPeer.upgraded(port: relay.port, target: targets[1])
      sender.send(Self.hello("sender") + ClientFrame.text("hi"))
      #expect(try await sender.frame() == Self.ready)
      #expect(try await receiver.frame() == Self.ready)
      #expect(try await receiver.frame() == .text("hi"))
    }
  }

  @Test("A relay that ends tells a waiting peer so")
  func shuttingDown() async throws {
    let relay = try await RelayServer.start(configuration: RelayConfiguration(limits: .patient), logger: .silent)
    let peer = try await WebSocketPeer.upgraded(port: relay.port, target: "/")
    peer.send(Self.hello("sender"))
    #expect(try await peer.frame() == Self.waiting)
    async let end: Void = relay.shutDown(drain: .seconds(60))
    #expect(try Self.errorCode(await peer.frame()) == "shutting-down")
    #expect(try await peer.frame() == .close(1001, "the relay is shutting down"))
    await peer.vanish()
    await end
  }
}
