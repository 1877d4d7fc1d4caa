import NIOCore
import P2PCopyCore
import TestSupport
import Testing
import WebSocketFraming
import WebSocketTransport

@Suite struct MessageAssemblerTests {
  private typealias Event = MessageAssembler.Event

  private func assembler(limit: Int = 2 << 20) -> MessageAssembler {
    MessageAssembler(buffers: MessageBufferPool(), maximumMessageByteCount: limit)
  }

  /// Feeds pieces one after the other and collects what comes out.
  private func events(_ pieces: [ArraySlice<UInt8>], limit: Int = 2 << 20) throws -> [Event] {
    var assembler = assembler(limit: limit)
    var events: [Event] = []
    for piece in pieces {
      var buffer = ByteBuffer(bytes: piece)
      while let event = try assembler.next(from: &buffer) { events.append(event) }
      #expect(buffer.readableBytes == 0)
    }
    return events
  }

  private func status(_ frames: [Frame], limit: Int = 2 << 20) -> UInt16? {
    do {
      _ = try events([frames.flatMap { $0.encoded() }[...]], limit: limit)
      return nil
    } catch {
      return (error as? FramingError)?.status
    }
  }

  private func binary(_ bytes: [UInt8]) -> Event { .message(.binary(ByteBuffer(bytes: bytes))) }

  private func text(_ text: String) -> Event { .message(.text(text)) }

  /// Fragments, a ping and a pong in the middle, text cut inside a scalar, an empty message, a close.
  private static let conversation: [Frame] = [
    .binary([1, 2, 3], isFinal: false), .ping("are you there"), .continuation([], isFinal: false),
    .continuation([4, 5]), .pong("unasked"),
    Frame(opcode: .text, isFinal: false, payload: [0x61, 0xE2]), .ping(""),
    .continuation([0x82], isFinal: false), .continuation([0xAC]),
    .text(""), .binary([]), .text("whole"), .close(1000, "bye"),
  ]

  private var expected: [Event] {
    [
      .ping(ByteBuffer(string: "are you there")), binary([1, 2, 3, 4, 5]), .pong, .ping(ByteBuffer()), text("a€"),
      text(""), binary([]), text("whole"), .close(ClosePayload(status: 1000, reason: "bye")),
    ]
  }

  @Test("Assembles at every split")
  func assemblesAtEverySplit() throws {
    let bytes = Self.conversation.flatMap { $0.encoded() }
    for first in 0...bytes.count {
      for second in stride(from: first, through: bytes.count, by: 3) {
        let found = try events([bytes[..<first], bytes[first..<second], bytes[second...]])
        #expect(found == expected, "split at \(first) and \(second)")
      }
    }
  }

  @Test("Assembles byte by byte")
  func assemblesByteByByte() throws {
    let bytes = Self.conversation.flatMap { $0.encoded() }
    #expect(try events(bytes.indices.map { bytes[$0...$0] }) == expected)
  }

  @Test("Keeps every size", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, (1 << 20) + 40, 2 << 20])
  func keepsEverySize(count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
    let bytes = Frame.binary(payload).encoded()
    #expect(try events([bytes[...]]) == [binary(payload)])
    let half = bytes.count / 2
    #expect(try events([bytes[..<half], bytes[half...]]) == [binary(payload)])
  }

  @Test("Bounds the whole message")
  func boundsTheWholeMessage() {
    let bytes = [UInt8](repeating: 1, count: 600)
    #expect(status([.binary(bytes)], limit: 600) == nil)
    #expect(status([.binary(bytes)], limit: 599) == 1009)
    #expect(status([.binary(bytes, isFinal: false), .continuation(bytes)], limit: 1200) == nil)
    #expect(status([.binary(bytes, isFinal: false), .continuation(bytes)], limit: 1199) == 1009)
    #expect(status([.text(String(repeating: "x", count: 600))], limit: 599) == 1009)
  }

  /// A server that announces much and sends little must not cost memory.
  @Test("Refuses an oversized frame by its header")
  func refusesAnOversizedFrameByItsHeader() throws {
    var assembler = assembler()
    var header = ByteBuffer(bytes: [0x82, 127, 0, 0, 0, 0, 0, 0x20, 0, 1])
    #expect(throws: FramingError.tooBig(limit: 2 << 20)) { try assembler.next(from: &header) }
  }

  @Test("Refuses bad text")
  func refusesBadText() {
    #expect(status([Frame(opcode: .text, payload: [0xFF])]) == 1007)
    #expect(status([Frame(opcode: .text, payload: [0x61, 0xE2, 0x82])]) == 1007, "ends inside a scalar")
    #expect(status([Frame(opcode: .text, isFinal: false, payload: [0xE2, 0x82]), .continuation([0x41])]) == 1007)
    #expect(status([Frame(opcode: .text, payload: [0xED, 0xA0, 0x80])]) == 1007)
    #expect(status([Frame(opcode: .binary, payload: [0xFF])]) == nil)
  }

  /// RFC 6455, section 8.1 lets a bad byte be refused at once, and so a message need not be complete for that.
  @Test("Refuses bad text before its end")
  func refusesBadTextBeforeItsEnd() {
    #expect(status([Frame(opcode: .text, isFinal: false, payload: [0x61, 0xC0])]) == 1007)
  }

  @Test("Refuses wrong sequences")
  func refusesWrongSequences() {
    #expect(status([.continuation([1])]) == 1002)
    #expect(status([.binary([1], isFinal: false), .text("x")]) == 1002)
    #expect(status([.binary([1]), .continuation([2])]) == 1002)
  }

  @Test("Refuses bad closes")
  func refusesBadCloses() {
    #expect(status([Frame(opcode: .close, payload: [3])]) == 1002)
    #expect(status([.close(1005)]) == 1002)
    #expect(status([.close(999)]) == 1002)
    #expect(status([Frame(opcode: .close, payload: [0x03, 0xE8, 0xFF])]) == 1007)
    #expect(status([Frame(opcode: .close)]) == nil)
  }

  @Test("Refuses masked frames")
  func refusesMaskedFrames() {
    var buffer = ByteBuffer()
    buffer.writeFrame(.binary, maskingKey: .random(), payload: ByteBuffer(bytes: [1]))
    #expect(throws: FramingError.self) { try events([Array(buffer.readableBytesView)[...]]) }
  }

  @Test("Large messages come in pooled buffers and small ones do not")
  func largeMessagesComeInPooledBuffersAndSmallOnesDoNot() throws {
    let buffers = MessageBufferPool()
    var assembler = MessageAssembler(buffers: buffers, maximumMessageByteCount: 2 << 20)
    func capacity(_ count: Int) throws -> Int {
      var bytes = ByteBuffer(bytes: Frame.binary([UInt8](repeating: 0, count: count)).encoded())
      guard case .message(.binary(let buffer)) = try assembler.next(from: &bytes) else { return 0 }
      return buffer.storageCapacity
    }
    #expect(try capacity(MessageAssembler.pooledByteCount) >= buffers.capacity)
    #expect(try capacity(1) < 1024)
    #expect(try capacity(5000) < 10_000)
  }

  @Test("Never traps on noise")
  func neverTrapsOnNoise() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      var assembler = assembler(limit: 5000)
      let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) & (Bool.random() ? 0xFF : 0x8F) }
      var buffer = ByteBuffer(bytes: bytes)
      while buffer.readableBytes > 0, (try? assembler.next(from: &buffer)) != nil {}
    }
  }
}
