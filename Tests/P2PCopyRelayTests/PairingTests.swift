import NIOCore
import NIOEmbedded
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Pairing")
struct PairingTests {
  @Test("Either may come first, and only the sender is told", arguments: [true, false])
  func eitherOrder(senderFirst: Bool) throws {
    let relay = EmbeddedRelay()
    let (first, second) = (try relay.connect(), try relay.connect())
    let (sender, receiver) = senderFirst ? (first, second) : (second, first)
    try first.send(ClientFrame.hello("c0de", senderFirst ? "sender" : "receiver"))
    #expect(relay.switchboard.counts == RelayCounts(connections: 2, waiting: 1, pairs: 0))
    #expect(try first.frames().isEmpty)
    try second.send(ClientFrame.hello("c0de", senderFirst ? "receiver" : "sender"))
    #expect(relay.switchboard.counts == RelayCounts(connections: 2, waiting: 0, pairs: 1))
    #expect(try sender.frames() == [.ready])
    #expect(try receiver.frames().isEmpty)
  }

  @Test("Different codes are not paired")
  func differentCodes() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = (try relay.connect(), try relay.connect())
    try sender.send(ClientFrame.hello("c0de", "sender"))
    try receiver.send(ClientFrame.hello("c0df", "receiver"))
    #expect(relay.switchboard.counts.waiting == 2)
    #expect(try sender.frames().isEmpty)
  }

  @Test(
    "A second peer with the same role is refused, the first one keeps its place", arguments: ["sender", "receiver"])
  func duplicateRole(role: String) throws {
    let relay = EmbeddedRelay()
    let (first, second, third) = (try relay.connect(), try relay.connect(), try relay.connect())
    try first.send(ClientFrame.hello("c0de", role))
    try second.send(ClientFrame.hello("c0de", role))
    #expect(try second.frames() == [.close(1013, "Duplicate role for code")])
    #expect(try first.frames().isEmpty)
    try third.send(ClientFrame.hello("c0de", role == "sender" ? "receiver" : "sender"))
    #expect(relay.switchboard.counts.pairs == 1)
  }

  @Test("Unknown fields, escapes and fragments make no difference to a hello")
  func tolerantHello() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = (try relay.connect(), try relay.connect())
    try sender.send(
      ClientFrame.text(#" {"role":"sender","protocol":"2","extra":[{}],"type":"h\u0065llo","code_hash_hex":"ü"} "#))
    let hello = #"{"type":"hello","code_hash_hex":"ü","role":"receiver"}"#
    try receiver.send(ClientFrame.bytes(.text, hello.utf8.prefix(30), isFinal: false))
    try receiver.send(ClientFrame.bytes(.ping, []))
    try receiver.send(ClientFrame.bytes(.continuation, hello.utf8.dropFirst(30)))
    #expect(relay.switchboard.counts.pairs == 1)
    #expect(try receiver.frames() == [Frame(opcode: .pong, payload: [])])
  }

  @Test(
    "A first message that is no hello is refused with p2p-copy 0.1's reason",
    arguments: [
      (#"{"type":"hello""#, "Bad hello json"), ("", "Bad hello json"), ("hello", "Bad hello json"),
      ("[]", "First frame must be hello"), ("1", "First frame must be hello"), ("{}", "First frame must be hello"),
      (#"{"type":"manifest"}"#, "First frame must be hello"), (#"{"type":1}"#, "First frame must be hello"),
      (#"{"type":"hello"}"#, "Bad hello"),
      (#"{"type":"hello","code_hash_hex":"","role":"sender"}"#, "Bad hello"),
      (#"{"type":"hello","code_hash_hex":7,"role":"sender"}"#, "Bad hello"),
      (#"{"type":"hello","code_hash_hex":"c0de"}"#, "Bad hello"),
      (#"{"type":"hello","code_hash_hex":"c0de","role":"Sender"}"#, "Bad hello"),
      (#"{"type":"hello","code_hash_hex":"c0de","role":null}"#, "Bad hello"),
      (#"{"type":"hello","code_hash_hex":"\#(String(repeating: "0", count: 1025))","role":"sender"}"#, "Bad hello"),
      (String(repeating: "[", count: 60_000), "Bad hello json"),
      (#"{"TYPE":"hello","code_hash_hex":"c0de","role":"sender"}"#, "First frame must be hello"),
      (#"{"type":"hello","codeHashHex":"c0de","role":"sender"}"#, "Bad hello"),
      (#"{"type":"hello","code_hash_hex":"c0de","code_hash_hex":"c0df","role":"sender"}"#, "Bad hello json"),
    ])
  func badHello(text: String, reason: String) throws {
    let relay = EmbeddedRelay()
    let peer = try relay.connect()
    try peer.send(ClientFrame.text(text))
    #expect(try peer.frames() == [.close(1002, reason)])
    try peer.send(ClientFrame.close(1002))
    #expect(peer.isClosed)
    #expect(relay.switchboard.counts == .none)
  }

  @Test("A binary first message is refused")
  func binaryHello() throws {
    let relay = EmbeddedRelay()
    let peer = try relay.connect()
    try peer.send(ClientFrame.bytes(.binary, #"{"type":"hello"}"#.utf8))
    #expect(try peer.frames() == [.close(1002, "First frame must be hello text")])
  }

  @Test("A hello of more than 64 KiB is refused by its length, whole or in fragments")
  func oversizeHello() throws {
    let relay = EmbeddedRelay()
    let whole = try relay.connect()
    try whole.send(ClientFrame.header(.text, count: 64 << 10 | 1))
    #expect(try whole.frames().map(\.closeStatus) == [1009])
    let pieces = try relay.connect()
    try pieces.send(ClientFrame.text(String(repeating: " ", count: 40 << 10), isFinal: false))
    try pieces.send(ClientFrame.header(.continuation, count: 24 << 10 | 1))
    #expect(try pieces.frames().map(\.closeStatus) == [1009])
    let largest = try relay.connect()
    let hello = #"{"type":"hello","code_hash_hex":"c0de","role":"sender"}"#
    try largest.send(ClientFrame.text(hello + String(repeating: " ", count: 64 << 10 - hello.utf8.count)))
    #expect(relay.switchboard.counts.waiting == 1)
  }

  @Test("Without a hello in time the connection ends, whatever trickles in")
  func helloTimeout() throws {
    let relay = EmbeddedRelay()
    let (silent, slow, quick) = (try relay.connect(), try relay.connect(), try relay.connect())
    try quick.send(ClientFrame.hello("c0de", "sender"))
    for byte in ClientFrame.hello("c0de", "receiver").prefix(9) {
      relay.loop.advanceTime(by: .seconds(1))
      try slow.send([byte])
    }
    #expect(!silent.isClosed)
    relay.loop.advanceTime(by: .seconds(1))
    #expect(silent.isClosed)
    #expect(slow.isClosed)
    #expect(!quick.isClosed)
    #expect(relay.switchboard.counts == RelayCounts(connections: 1, waiting: 1, pairs: 0))
  }

  @Test("A waiting peer that leaves, by a close or without, frees its code")
  func waitingPeerLeaves() throws {
    let relay = EmbeddedRelay()
    let polite = try relay.connect()
    try polite.send(ClientFrame.hello("c0de", "sender"))
    try polite.send(ClientFrame.close(1000, "changed my mind"))
    #expect(try polite.frames() == [.close(1000, "changed my mind")])
    #expect(polite.isClosed)
    let rude = try relay.connect()
    try rude.send(ClientFrame.hello("c0de", "sender"))
    rude.vanish()
    #expect(relay.switchboard.counts == .none)
    let third = try relay.connect()
    try third.send(ClientFrame.hello("c0de", "sender"))
    #expect(try third.frames().isEmpty)
    #expect(relay.switchboard.counts.waiting == 1)
  }

  @Test("A connection beyond the limit is not taken")
  func connectionLimit() throws {
    var limits = RelayLimits()
    limits.maximumConnections = 2
    let relay = EmbeddedRelay(limits: limits)
    let first = try relay.connect()
    _ = try relay.connect()
    #expect(throws: (any Error).self) { try relay.connect() }
    first.vanish()
    _ = try relay.connect()
  }
}
