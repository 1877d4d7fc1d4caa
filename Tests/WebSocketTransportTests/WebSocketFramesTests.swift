import NIOCore
import NIOTransportSupport
import P2PCopyCore
import TestSupport
import Testing
import WebSocketFraming
import WebSocketTransport

@Suite struct WebSocketFramesTests {
  private func decode(_ frame: OutboundFrame) throws -> Frame? {
    var reader = FrameReader(fromClient: true)
    if let lead = frame.lead { reader.append(lead) }
    reader.append(frame.body)
    let decoded = try reader.next()
    #expect(try reader.next() == nil)
    return decoded
  }

  private func address(_ buffer: ByteBuffer) -> Int {
    buffer.withVeryUnsafeBytes { Int(bitPattern: $0.baseAddress) }
  }

  @Test("The header goes in front", arguments: [0, 1, 125, 126, 65_535, 65_536, 1 << 20])
  func theHeaderGoesInFront(count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 3) }
    let buffers = MessageBufferPool()
    var buffer = buffers.take()
    buffer.writeBytes(payload)
    let memory = address(buffer)
    let message = TransportMessage.binary(buffer)
    buffer = ByteBuffer()
    let frame = WebSocketFrames().frame(message)
    #expect(frame.lead == nil)
    #expect(try decode(frame) == .binary(payload))
    _ = memory
  }

  @Test("A buffer that was given up is not copied")
  func aBufferThatWasGivenUpIsNotCopied() {
    func make(_ buffers: MessageBufferPool) -> (frame: OutboundFrame, memory: Int) {
      var buffer = buffers.take()
      buffer.writeRepeatingByte(1, count: 1 << 20)
      let memory = address(buffer)
      return (WebSocketFrames().frame(.binary(consume buffer)), memory)
    }
    let (frame, memory) = make(MessageBufferPool())
    #expect(address(frame.body) == memory)
  }

  @Test("A shared buffer stays as it was")
  func aSharedBufferStaysAsItWas() throws {
    var held = MessageBufferPool().take()
    held.writeBytes([1, 2, 3])
    let before = held
    let frame = WebSocketFrames().frame(.binary(held))
    #expect(try decode(frame) == .binary([1, 2, 3]))
    #expect(held == before)
    #expect(Array(held.readableBytesView) == [1, 2, 3])
  }

  @Test("Without room the header is separate")
  func withoutRoomTheHeaderIsSeparate() throws {
    let payload = [UInt8](repeating: 9, count: 70_000)
    let frame = WebSocketFrames().frame(.binary(ByteBuffer(bytes: payload)))
    #expect(frame.lead?.readableBytes == 14)
    #expect(frame.byteCount == 70_014)
    #expect(try decode(frame) == .binary(payload))
  }

  @Test("Text and close")
  func textAndClose() throws {
    #expect(try decode(WebSocketFrames().frame(.text("naïve 🔑"))) == .text("naïve 🔑"))
    #expect(try decode(WebSocketFrames().frame(.text(""))) == .text(""))
    #expect(
      try decode(WebSocketFrames().frame(closing: TransportClosure(.failed(.receiver), text: "disk full")))
        == .close(4001, "disk full"))
  }
}
