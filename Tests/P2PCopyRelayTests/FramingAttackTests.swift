import NIOCore
import NIOEmbedded
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Framing attacks")
struct FramingAttackTests {
  struct Attack: CustomTestStringConvertible, Sendable {
    var name: String
    var bytes: [UInt8]
    var status: UInt16

    var testDescription: String { name }

    init(_ name: String, _ status: UInt16, _ bytes: [UInt8]) {
      (self.name, self.status, self.bytes) = (name, status, bytes)
    }
  }

  static let attacks: [Attack] = [
    Attack("an unmasked frame", 1002, ClientFrame.bytes(.binary, [1, 2, 3], key: nil)),
    Attack("an unmasked ping", 1002, ClientFrame.bytes(.ping, [], key: nil)),
    Attack("a reserved bit", 1002, [0xC2, 0x80, 0, 0, 0, 0]),
    Attack("a reserved data opcode", 1002, [0x83, 0x80, 0, 0, 0, 0]),
    Attack("a reserved control opcode", 1002, [0x8B, 0x80, 0, 0, 0, 0]),
    Attack("a fragmented ping", 1002, [0x09, 0x80, 0, 0, 0, 0]),
    Attack("a long ping", 1002, [0x89, 0xFE, 0, 126, 0, 0, 0, 0]),
    Attack("a continuation of nothing", 1002, ClientFrame.bytes(.continuation, [1])),
    Attack(
      "a message inside another", 1002, ClientFrame.text("a", isFinal: false) + ClientFrame.text("b")),
    Attack("a length of 5 in 16 bits", 1002, [0x82, 0xFE, 0, 5, 0, 0, 0, 0]),
    Attack("a length of 300 in 64 bits", 1002, [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 1, 44, 0, 0, 0, 0]),
    Attack("a length with its highest bit", 1002, [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
    Attack("2 MiB and a byte", 1009, ClientFrame.header(.binary, count: 2 << 20 | 1)),
    Attack("the longest length", 1009, ClientFrame.header(.binary, count: Int.max)),
    Attack(
      "2 MiB and a byte in fragments", 1009,
      ClientFrame.bytes(.binary, [1], isFinal: false) + ClientFrame.header(.continuation, count: 2 << 20)),
    Attack("text that is not UTF-8", 1007, ClientFrame.bytes(.text, [0x61, 0xFF, 0x62])),
    Attack("text with a surrogate", 1007, ClientFrame.bytes(.text, [0xED, 0xA0, 0x80])),
    Attack("text that ends inside a scalar", 1007, ClientFrame.bytes(.text, [0x61, 0xC3])),
    Attack(
      "text that ends inside a scalar, by an empty fragment", 1007,
      ClientFrame.bytes(.text, [0xC3], isFinal: false) + ClientFrame.bytes(.continuation, [])),
    Attack("half a close status", 1002, ClientFrame.bytes(.close, [3])),
    Attack("a reserved close status", 1002, ClientFrame.close(1005)),
    Attack("a close reason that is not UTF-8", 1007, ClientFrame.bytes(.close, [3, 0xE8, 0xFF])),
  ]

  @Test("ends a pair: its status for the offender, 4002 for the other, at every split", arguments: attacks)
  func inPair(_ attack: Attack) throws {
    let relay = EmbeddedRelay()
    for split in 0...attack.bytes.count {
      let (offender, other) = try relay.connectPair()
      let before = ClientFrame.bytes(.binary, [42])
      try offender.send(before + attack.bytes[..<split])
      try offender.send(attack.bytes[split...])
      try offender.send(ClientFrame.bytes(.binary, [43]))
      #expect(try offender.frames().map(\.closeStatus) == [attack.status])
      let frames = try other.frames()
      #expect(frames.first == Frame(opcode: .binary, payload: [42]))
      if other.isInsideFrame {
        // It had part of the bad frame, so nothing more could be said.
        #expect(other.isClosed)
      } else {
        #expect(frames.last == .close(4002, "peer vanished"))
        try other.send(ClientFrame.close(4002))
        #expect(other.isClosed)
      }
      #expect(!frames.contains { $0.payload == [43] })
      offender.vanish()
      #expect(relay.switchboard.counts == .none)
    }
  }

  @Test("ends a peer that has not said hello or waits", arguments: attacks)
  func alone(_ attack: Attack) throws {
    let relay = EmbeddedRelay()
    let waiting = try relay.connect()
    try waiting.send(ClientFrame.hello("c0de", "sender") + attack.bytes)
    #expect(try waiting.frames().map(\.closeStatus) == [attack.status])
    #expect(relay.switchboard.counts.waiting == 0)
    let stranger = try relay.connect()
    try stranger.send(attack.bytes)
    // As a first message, anything but text is refused for that.
    let statuses = try stranger.frames().compactMap(\.closeStatus)
    #expect(statuses == [attack.status] || statuses == [1002])
    waiting.vanish()
    stranger.vanish()
    #expect(relay.switchboard.counts == .none)
  }

  @Test("2 MiB exactly is passed on")
  func largest() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    let payload = (0..<(2 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try sender.send(ClientFrame.bytes(.binary, payload))
    #expect(try receiver.frames() == [Frame(opcode: .binary, payload: payload)])
  }

  @Test("Random bytes never trap and always end in order")
  func fuzz() throws {
    var generator = SystemRandomNumberGenerator()
    let relay = EmbeddedRelay()
    for _ in 0..<2000 {
      let (sender, receiver) = try relay.connectPair()
      var bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
      // A good first byte and the masking bit, so that more than the first check is reached.
      bytes[0] = [0x82, 0x81, 0x02, 0x89, 0x88].randomElement(using: &generator) ?? 0x82
      bytes[1] |= 0x80
      for piece in [bytes[..<20], bytes[20...]] { try sender.send(piece) }
      _ = try receiver.frames()
      _ = try sender.frames()
      sender.vanish()
      receiver.vanish()
    }
    #expect(relay.switchboard.counts == .none)
  }
}
