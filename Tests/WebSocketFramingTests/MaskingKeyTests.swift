import NIOCore
import Testing
import WebSocketFraming

@Suite struct MaskingKeyTests {
  private let bytes: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
  private var key: MaskingKey { MaskingKey(bytes: bytes[0], bytes[1], bytes[2], bytes[3]) }

  private func naive(_ data: [UInt8], offset: Int) -> [UInt8] {
    data.enumerated().map { $1 ^ bytes[($0 + offset) % 4] }
  }

  private func sample(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 8) }
  }

  /// Runs both forms of `apply` inside larger memory, to see that nothing beside it is touched.
  private func check(_ data: [UInt8], offset: Int, lead: Int) {
    let expected = naive(data, offset: offset)
    let guardByte: UInt8 = 0xEE

    var inPlace = [UInt8](repeating: guardByte, count: lead) + data + [UInt8](repeating: guardByte, count: 70)
    inPlace.withUnsafeMutableBytes {
      key.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[lead..<lead + data.count]), offset: offset)
    }
    #expect(Array(inPlace[lead..<lead + data.count]) == expected, "in place, offset \(offset), \(data.count) bytes")
    #expect(inPlace[..<lead].allSatisfy { $0 == guardByte })
    #expect(inPlace[(lead + data.count)...].allSatisfy { $0 == guardByte })

    var copy = [UInt8](repeating: guardByte, count: lead + data.count + 70)
    data.withUnsafeBytes { source in
      copy.withUnsafeMutableBytes {
        key.apply(from: source, to: UnsafeMutableRawBufferPointer(rebasing: $0[lead...]), offset: offset)
      }
    }
    #expect(Array(copy[lead..<lead + data.count]) == expected, "copy, offset \(offset), \(data.count) bytes")
    #expect(copy[(lead + data.count)...].allSatisfy { $0 == guardByte })
  }

  @Test("Agrees with a naive loop", arguments: 0...7)
  func agreesWithANaiveLoop(offset: Int) {
    for count in 0...300 { check(sample(count), offset: offset, lead: (count + offset) % 9) }
  }

  @Test("Agrees on large payloads", arguments: [65_535, 65_536, (1 << 20) + 13])
  func agreesOnLargePayloads(count: Int) {
    for offset in [0, 1, 3, 4, 1 << 40 | 2] { check(sample(count), offset: offset, lead: 3) }
  }

  @Test("Pieces make the same as the whole")
  func piecesMakeTheSameAsTheWhole() {
    let data = sample(1000)
    for split in 0...data.count {
      var pieces = data
      pieces.withUnsafeMutableBytes {
        key.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[..<split]), offset: 0)
        key.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[split...]), offset: split)
      }
      #expect(pieces == naive(data, offset: 0), "split at \(split)")
    }
  }

  /// RFC 6455, section 5.7: a masked "Hello".
  @Test("Masks the example of the standard")
  func masksTheExampleOfTheStandard() {
    var hello = Array("Hello".utf8)
    hello.withUnsafeMutableBytes { key.apply(to: $0) }
    #expect(hello == [0x7F, 0x9F, 0x4D, 0x51, 0x58])
  }

  @Test("Keeps the wire order of its bytes")
  func keepsTheWireOrderOfItsBytes() {
    #expect(key.bigEndian == 0x37FA_213D)
    #expect(MaskingKey(bigEndian: 0x37FA_213D) == key)
    #expect((0..<4).map { key[$0] } == bytes)
    #expect(key[6] == 0x21)
  }

  @Test("Random keys differ")
  func randomKeysDiffer() {
    #expect(Set((0..<64).map { _ in MaskingKey.random() }).count > 60)
  }
}
