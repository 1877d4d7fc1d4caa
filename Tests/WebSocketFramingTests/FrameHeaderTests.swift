import NIOCore
import Testing
import WebSocketFraming

@Suite struct FrameHeaderTests {
  static let key = MaskingKey(bytes: 0x37, 0xFA, 0x21, 0x3D)
  static let lengths = [0, 1, 124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537, 2 << 20, Int(Int32.max), Int.max]

  private func encoded(_ header: FrameHeader) -> [UInt8] {
    var buffer = ByteBuffer()
    header.write(into: &buffer)
    return Array(buffer.readableBytesView)
  }

  private func masking(_ isMasked: Bool) -> FrameHeaderDecoder.Masking { isMasked ? .required : .forbidden }

  @Test("Survives the way there", arguments: lengths, [true, false])
  func survivesTheWayThere(
    length: Int, isMasked: Bool
  ) throws {
    let header = FrameHeader(
      opcode: .binary, isFinal: length % 2 == 0, maskingKey: isMasked ? Self.key : nil, payloadByteCount: length)
    let bytes = encoded(header)
    #expect(bytes.count == header.encodedByteCount)
    #expect(bytes.count <= FrameHeader.maximumEncodedByteCount)
    #expect(bytes.count == 2 + (length <= 125 ? 0 : length <= 65_535 ? 2 : 8) + (isMasked ? 4 : 0))

    var decoder = FrameHeaderDecoder(masking: masking(isMasked))
    var buffer = ByteBuffer(bytes: bytes + [1, 2, 3])
    #expect(try decoder.decode(from: &buffer) == header)
    #expect(Array(buffer.readableBytesView) == [1, 2, 3], "the payload must not be touched")
    #expect(!decoder.isInsideHeader)
  }

  @Test("May be split anywhere", arguments: lengths, [true, false])
  func mayBeSplitAnywhere(length: Int, isMasked: Bool)
    throws
  {
    let header = FrameHeader(
      opcode: .text, maskingKey: isMasked ? Self.key : nil, payloadByteCount: length)
    let bytes = encoded(header)
    for split in 0...bytes.count {
      var decoder = FrameHeaderDecoder(masking: masking(isMasked))
      var first = ByteBuffer(bytes: bytes[..<split])
      let early = try decoder.decode(from: &first)
      #expect(first.readableBytes == 0)
      if split == bytes.count {
        #expect(early == header)
      } else {
        #expect(early == nil)
        #expect(decoder.isInsideHeader == (split > 0))
        var second = ByteBuffer(bytes: bytes[split...])
        #expect(try decoder.decode(from: &second) == header, "split at \(split)")
      }
    }
  }

  @Test("May come byte by byte")
  func mayComeByteByByte() throws {
    var decoder = FrameHeaderDecoder(masking: .required)
    let headers = Self.lengths.map { FrameHeader(opcode: .binary, maskingKey: .random(), payloadByteCount: $0) }
    var found: [FrameHeader] = []
    for byte in headers.flatMap({ encoded($0) }) {
      var buffer = ByteBuffer(bytes: [byte])
      if let header = try decoder.decode(from: &buffer) { found.append(header) }
    }
    #expect(found == headers)
  }

  @Test("Encodes into given memory")
  func encodesIntoGivenMemory() {
    let header = FrameHeader(opcode: .binary, maskingKey: Self.key, payloadByteCount: 256)
    var memory = [UInt8](repeating: 0xEE, count: 16)
    let count = memory.withUnsafeMutableBytes { header.encode(into: $0) }
    #expect(count == 8)
    #expect(memory == [0x82, 0xFE, 0x01, 0x00, 0x37, 0xFA, 0x21, 0x3D] + [UInt8](repeating: 0xEE, count: 8))
  }

  /// RFC 6455, section 5.7.
  @Test("Reads the examples of the standard")
  func readsTheExamplesOfTheStandard() throws {
    let examples: [(bytes: [UInt8], masked: Bool, expected: FrameHeader)] = [
      ([0x81, 0x05], false, FrameHeader(opcode: .text, payloadByteCount: 5)),
      (
        [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D], true,
        FrameHeader(opcode: .text, maskingKey: Self.key, payloadByteCount: 5)
      ),
      ([0x01, 0x03], false, FrameHeader(opcode: .text, isFinal: false, payloadByteCount: 3)),
      ([0x80, 0x02], false, FrameHeader(opcode: .continuation, payloadByteCount: 2)),
      ([0x89, 0x05], false, FrameHeader(opcode: .ping, payloadByteCount: 5)),
      ([0x82, 0x7E, 0x01, 0x00], false, FrameHeader(opcode: .binary, payloadByteCount: 256)),
      ([0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0], false, FrameHeader(opcode: .binary, payloadByteCount: 65_536)),
    ]
    for example in examples {
      var decoder = FrameHeaderDecoder(masking: masking(example.masked))
      var buffer = ByteBuffer(bytes: example.bytes)
      #expect(try decoder.decode(from: &buffer) == example.expected)
      #expect(encoded(example.expected) == example.bytes)
    }
  }

  private func status(_ bytes: [UInt8], masking: FrameHeaderDecoder.Masking = .forbidden) -> UInt16? {
    var decoder = FrameHeaderDecoder(masking: masking)
    var buffer = ByteBuffer(bytes: bytes)
    do throws(FramingError) {
      _ = try decoder.decode(from: &buffer)
      return nil
    } catch {
      return error.status
    }
  }

  @Test("Refuses reserved bits")
  func refusesReservedBits() {
    for bits in 1...7 { #expect(status([0x82 | UInt8(bits << 4)]) == 1002) }
    #expect(status([0x82]) == nil)
  }

  @Test("Knows every opcode")
  func knowsEveryOpcode() {
    for value in UInt8(0)...15 {
      let isKnown = [0, 1, 2, 8, 9, 10].contains(value)
      #expect(status([0x80 | value]) == (isKnown ? nil : 1002), "opcode \(value)")
      #expect((Opcode(rawValue: value) != nil) == isKnown)
      if let opcode = Opcode(rawValue: value) { #expect(opcode.isControl == (value >= 8)) }
    }
  }

  @Test("Bounds control frames", arguments: [Opcode.close, .ping, .pong])
  func boundsControlFrames(opcode: Opcode) {
    #expect(status([opcode.rawValue]) == 1002, "fragmented")
    #expect(status([0x80 | opcode.rawValue, 125]) == nil)
    #expect(status([0x80 | opcode.rawValue, 126]) == 1002)
    #expect(status([0x80 | opcode.rawValue, 127]) == 1002)
  }

  @Test("Insists on the shortest length")
  func insistsOnTheShortestLength() {
    #expect(status([0x82, 126, 0, 125]) == 1002)
    #expect(status([0x82, 126, 0, 126]) == nil)
    #expect(status([0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) == 1002)
    #expect(status([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]) == nil)
  }

  @Test("Refuses a negative length")
  func refusesANegativeLength() {
    #expect(status([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]) == 1002)
    #expect(status([0x82, 127] + [UInt8](repeating: 0xFF, count: 8)) == 1002)
    #expect(status([0x82, 127, 0x7F] + [UInt8](repeating: 0xFF, count: 7)) == nil)
  }

  @Test("Insists on the mask of the role")
  func insistsOnTheMaskOfTheRole() {
    #expect(status([0x82, 0x05], masking: .required) == 1002)
    #expect(status([0x82, 0x85], masking: .required) == nil)
    #expect(status([0x82, 0x85], masking: .forbidden) == 1002)
  }

  @Test("Never traps on noise")
  func neverTrapsOnNoise() {
    var generator = SystemRandomNumberGenerator()
    for round in 0..<20_000 {
      var decoder = FrameHeaderDecoder(masking: round % 2 == 0 ? .required : .forbidden)
      var buffer = ByteBuffer(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
      while buffer.readableBytes > 0, let header = try? decoder.decode(from: &buffer) {
        #expect(header.payloadByteCount >= 0)
      }
    }
  }

  @Test("Writes whole frames")
  func writesWholeFrames() throws {
    var buffer = ByteBuffer()
    buffer.writeFrame(.text, maskingKey: Self.key, payload: ByteBuffer(string: "Hello"))
    #expect(
      Array(buffer.readableBytesView) == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    var unmasked = ByteBuffer()
    unmasked.writeFrame(.ping, payload: ByteBuffer(string: "Hello"))
    #expect(Array(unmasked.readableBytesView) == [0x89, 0x05] + Array("Hello".utf8))
  }
}
