import NIOCore
import NIOTransportSupport
import P2PCopyCore
import TCPTransport
import Testing

/// What a stranger may send.
@Suite struct TCPFrameTests {
  private func reader(limit: Int = 1000) -> TCPFrameReader {
    TCPFrameReader(buffers: MessageBufferPool(), maximumMessageByteCount: limit)
  }

  private func bytes(_ frame: OutboundFrame) -> [UInt8] {
    Array((frame.lead ?? ByteBuffer()).readableBytesView) + Array(frame.body.readableBytesView)
  }

  private func events(_ bytes: [UInt8], limit: Int = 1000, inPiecesOf size: Int = .max) throws -> [InboundEvent] {
    let reader = reader(limit: limit)
    var events: [InboundEvent] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      var piece = ByteBuffer(bytes: rest.prefix(size))
      rest = rest.dropFirst(size)
      while let event = try reader.next(from: &piece) { events.append(event) }
      #expect(piece.readableBytes == 0)
    }
    return events
  }

  private static let reasons: [TransportClosure.Reason] = [
    .normal, .peerVanished, .failed(.sender), .failed(.receiver), .waitedTooLong, .unavailable, .refused, .goingAway,
    .other,
  ]

  @Test("What is written is read in pieces of any size", arguments: [1, 2, 3, 7, .max])
  func whatIsWrittenIsReadInPiecesOfAnySize(size: Int) throws {
    let closure = TransportClosure(.failed(.receiver), text: "no space – 残り無し")
    let messages: [TransportMessage] = [
      .text(""), .text("naïve 🔑"), .binary(ByteBuffer()), .binary(ByteBuffer(bytes: 0...255)),
      .binary(ByteBuffer(repeating: 7, count: 1000)),
    ]
    var stream: [UInt8] = []
    for message in messages { stream += bytes(TCPFrames().frame(message)) }
    stream += Array(TCPFrames().ping().readableBytesView)
    stream += Array(TCPFrames().pong(answering: ByteBuffer(string: "x")).readableBytesView)
    stream += bytes(TCPFrames().frame(closing: closure))
    #expect(
      try events(stream, inPiecesOf: size)
        == messages.map { .message($0) } + [.ping(ByteBuffer()), .pong, .close(closure)])
  }

  @Test("Every reason arrives as what it was", arguments: reasons)
  func everyReasonArrivesAsWhatItWas(reason: TransportClosure.Reason) throws {
    let closure = TransportClosure(reason, text: "why")
    #expect(try events(bytes(TCPFrames().frame(closing: closure))) == [.close(closure)])
  }

  @Test("A long reason is cut between scalars")
  func aLongReasonIsCutBetweenScalars() throws {
    let text = String(repeating: "ü", count: 200)
    guard
      case .close(let closure)? = try events(bytes(TCPFrames().frame(closing: TransportClosure(.other, text: text))))
        .first
    else {
      Issue.record("no close came")
      return
    }
    #expect(closure.text == String(repeating: "ü", count: 61))
  }

  @Test("A reason of a later version is another")
  func aReasonOfALaterVersionIsAnother() throws {
    #expect(try events([3, 0, 0, 0, 3, 200] + Array("hm".utf8)) == [.close(TransportClosure(.other, text: "hm"))])
  }

  @Test(
    "What breaks the rules is refused at once",
    arguments: [
      // Kinds that are none, before any length: HTTP, SSH, TLS, zeros.
      Array("G".utf8), Array("SSH-2.0".utf8), [0x16], [0], [6], [255],
      // Lengths beyond the limit, before any payload.
      [1, 0, 0, 0x03, 0xE9], [2, 0, 0, 0x03, 0xE9], [2, 0xFF, 0xFF, 0xFF, 0xFF], [1, 0x80, 0, 0, 0],
      [3, 0, 0, 0, 0], [3, 0, 0, 0, 125], [4, 0, 0, 0, 1], [5, 0xFF, 0, 0, 0],
      // No UTF-8.
      [1, 0, 0, 0, 1, 0xFF], [1, 0, 0, 0, 3, 0xED, 0xA0, 0x80], [3, 0, 0, 0, 2, 0, 0xFF],
    ] as [[UInt8]])
  func whatBreaksTheRulesIsRefusedAtOnce(bytes: [UInt8]) {
    #expect(throws: FramingViolation.self) { try events(bytes) }
    #expect(throws: FramingViolation.self) { try events(bytes, inPiecesOf: 1) }
  }

  @Test("The farewell tells why")
  func theFarewellTellsWhy() throws {
    let violation = #expect(throws: FramingViolation.self) { try events(Array("GET / HTTP/1.1\r\n".utf8)) }
    let farewell = Array(try #require(violation).farewell.readableBytesView)
    #expect(try events(farewell) == [.close(TransportClosure(.refused, text: "a frame of the unknown kind 71"))])
  }

  @Test("A message goes out in its own memory")
  func aMessageGoesOutInItsOwnMemory() {
    func address(_ buffer: ByteBuffer) -> Int { buffer.withVeryUnsafeBytes { Int(bitPattern: $0.baseAddress) } }
    func make(_ buffers: MessageBufferPool) -> (frame: OutboundFrame, memory: Int) {
      var buffer = buffers.take()
      buffer.writeRepeatingByte(1, count: 1 << 20)
      let memory = address(buffer)
      return (TCPFrames().frame(.binary(consume buffer)), memory)
    }
    let (frame, memory) = make(MessageBufferPool())
    #expect(address(frame.body) == memory)
    #expect(frame.lead == nil)
    #expect(frame.byteCount == (1 << 20) + TCPFrameHeader.byteCount)
  }

  @Test("A shared buffer stays as it was")
  func aSharedBufferStaysAsItWas() throws {
    var held = MessageBufferPool().take()
    held.setRepeatingByte(9, count: MessageBufferPool.headroom, at: 0)
    held.writeBytes([1, 2, 3])
    let before = held
    #expect(try events(bytes(TCPFrames().frame(.binary(held)))) == [.message(.binary(before))])
    #expect(held == before)
    held.moveReaderIndex(to: 0)
    #expect(Array(held.readableBytesView.prefix(MessageBufferPool.headroom)).allSatisfy { $0 == 9 }, "theirs, too")
  }
}
