import NIOCore
import NIOEmbedded
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Forwarding")
struct ForwardingTests {
  /// A session with every length form, fragments and empty frames, and what the partner has to get.
  static let session: (bytes: [UInt8], frames: [Frame]) = {
    let sizes = [0, 1, 125, 126, 300]
    var bytes: [UInt8] = []
    var frames: [Frame] = []
    func add(_ frame: Frame) {
      bytes += ClientFrame.bytes(frame.opcode, frame.payload, isFinal: frame.isFinal)
      frames.append(frame)
    }
    for size in sizes { add(Frame(opcode: .binary, payload: (0..<size).map { UInt8(truncatingIfNeeded: $0) })) }
    add(Frame(opcode: .text, payload: Array("grüße, 🦔".utf8)))
    // A scalar of four bytes, cut by fragments.
    let hedgehog = Array("🦔".utf8)
    add(Frame(opcode: .text, isFinal: false, payload: Array(hedgehog[..<1])))
    add(Frame(opcode: .continuation, isFinal: false, payload: []))
    add(Frame(opcode: .continuation, payload: Array(hedgehog[1...])))
    return (bytes, frames)
  }()

  @Test("What one peer sends reaches the other, wherever the stream is cut in two")
  func everySplit() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    let (bytes, frames) = Self.session
    for split in 0...bytes.count {
      try sender.send(bytes[..<split])
      try sender.send(bytes[split...])
      #expect(try receiver.frames() == frames, "cut at \(split)")
    }
    #expect(try sender.frames().isEmpty)
  }

  @Test("The same a byte at a time, and from receiver to sender")
  func byteByByte() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    let (bytes, frames) = Self.session
    for byte in bytes { try receiver.send([byte]) }
    #expect(try sender.frames() == frames)
  }

  @Test("A frame is passed on before its end is here")
  func cutThrough() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    let frame = ClientFrame.bytes(.binary, [UInt8](repeating: 7, count: 1 << 20))
    try sender.send(frame[..<200_000])
    var passedOn = 0
    while let buffer = try receiver.channel.readOutbound(as: ByteBuffer.self) { passedOn += buffer.readableBytes }
    // A client's header is longer by its key.
    #expect(passedOn == 200_000 - 4)
  }

  @Test("Everything in one read becomes one write")
  func coalesces() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    try sender.send(Self.session.bytes)
    #expect(try receiver.channel.readOutbound(as: ByteBuffer.self) != nil)
    #expect(try receiver.channel.readOutbound(as: ByteBuffer.self) == nil)
  }

  @Test("A ping is answered by the relay and not passed on, also inside a fragmented message, at every split")
  func pingIsAnswered() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    let bytes =
      ClientFrame.text("one", isFinal: false) + ClientFrame.bytes(.ping, "are you there".utf8)
      + ClientFrame.bytes(.pong, "unasked".utf8) + ClientFrame.bytes(.continuation, "two".utf8)
    for split in 0...bytes.count {
      try sender.send(bytes[..<split])
      try sender.send(bytes[split...])
      #expect(
        try receiver.frames() == [
          Frame(opcode: .text, isFinal: false, payload: Array("one".utf8)),
          Frame(opcode: .continuation, payload: Array("two".utf8)),
        ])
      #expect(try sender.frames() == [Frame(opcode: .pong, payload: Array("are you there".utf8))])
    }
  }

  @Test("A pong waits for the end of the frame that is being forwarded, and only the newest is sent")
  func pongBetweenFrames() throws {
    let relay = EmbeddedRelay()
    let (sender, receiver) = try relay.connectPair()
    let frame = ClientFrame.bytes(.binary, [UInt8](repeating: 1, count: 1000))
    try sender.send(frame[..<500])
    try receiver.send(ClientFrame.bytes(.ping, "old".utf8))
    try receiver.send(ClientFrame.bytes(.ping, "new".utf8))
    #expect(try receiver.frames().isEmpty)
    try sender.send(frame[500...] + ClientFrame.text("next"))
    #expect(
      try receiver.frames() == [
        Frame(opcode: .binary, payload: [UInt8](repeating: 1, count: 1000)),
        Frame(opcode: .pong, payload: Array("new".utf8)),
        Frame(opcode: .text, payload: Array("next".utf8)),
      ])
  }

  @Test("A flood of pings from a peer that takes nothing costs one pong")
  func pingFlood() throws {
    let relay = EmbeddedRelay()
    let (sender, _) = try relay.connectPair()
    sender.setWritable(false)
    for number in 0..<1000 { try sender.send(ClientFrame.bytes(.ping, "\(number)".utf8)) }
    #expect(try sender.frames().isEmpty)
    sender.setWritable(true)
    #expect(try sender.frames() == [Frame(opcode: .pong, payload: Array("999".utf8))])
  }

  @Test("What a peer sends before the other one comes is kept and passed on, at every split")
  func sentAhead() throws {
    let relay = EmbeddedRelay()
    let bytes = ClientFrame.hello("c0de", "receiver") + Self.session.bytes
    for split in stride(from: 0, through: bytes.count, by: 7) {
      let receiver = try relay.connect()
      try receiver.send(bytes[..<split])
      try receiver.send(bytes[split...])
      let sender = try relay.connect()
      try sender.send(ClientFrame.hello("c0de", "sender") + ClientFrame.text("hi"))
      #expect(try sender.frames() == [.ready] + Self.session.frames)
      #expect(try receiver.frames() == [Frame(opcode: .text, payload: Array("hi".utf8))])
    }
  }

  @Test("A frame that a waiting peer had half sent goes on after pairing")
  func halfSentAhead() throws {
    let relay = EmbeddedRelay()
    let receiver = try relay.connect()
    let frame = ClientFrame.bytes(.binary, [UInt8](repeating: 3, count: 300))
    try receiver.send(ClientFrame.hello("c0de", "receiver") + frame[..<100])
    let sender = try relay.connect()
    try sender.send(ClientFrame.hello("c0de", "sender") + ClientFrame.bytes(.ping, "p".utf8))
    try receiver.send(frame[100...])
    #expect(
      try sender.frames() == [
        .ready, Frame(opcode: .binary, payload: [UInt8](repeating: 3, count: 300)),
        Frame(opcode: .pong, payload: Array("p".utf8)),
      ])
  }

  @Test("A waiting peer cannot make the relay hold more than a little")
  func tooMuchAhead() throws {
    let relay = EmbeddedRelay()
    let peer = try relay.connect()
    try peer.send(ClientFrame.hello("c0de", "sender"))
    for _ in 0..<3 { try peer.send(ClientFrame.bytes(.binary, [UInt8](repeating: 0, count: 60_000))) }
    #expect(try peer.frames().map(\.closeStatus) == [1009])
    #expect(relay.switchboard.counts.waiting == 0)
  }
}
