import NIOCore
import P2PCopyCore
import P2PCopyWire
import Testing

/// What peers tell each other about the records themselves.
@Suite("Records about records")
struct DeliveryRecordTests {
  private func count(_ bytes: [UInt8]) throws -> ReceivedCount {
    var body = ByteBuffer(bytes: bytes)
    return try ReceivedCount(readingFrom: &body)
  }

  private func lanes(_ bytes: [UInt8], limit: Int = 8) throws -> LaneCount {
    var body = ByteBuffer(bytes: bytes)
    return try LaneCount(readingFrom: &body, limit: limit)
  }

  @Test("What has come is a count, and the numbers of those that came before others")
  func received() throws {
    #expect(ReceivedCount(5).body == [11, 0, 0, 0, 0, 0, 0, 0, 5])
    let more = ReceivedCount(5, others: [7, 300])
    #expect(more.body == [11, 0, 0, 0, 0, 0, 0, 0, 5] + [0, 0, 0, 0, 0, 0, 0, 7] + [0, 0, 0, 0, 0, 0, 1, 44])
    #expect(try count(more.body) == more)
    #expect(try count(ReceivedCount(.max).body) == ReceivedCount(.max))
    let many = ReceivedCount(0, others: Array(1...400))
    #expect(try count(many.body).others == Array(1...256))
  }

  @Test(
    "A malformed count is refused",
    arguments: [
      [], [11], [12, 0, 0, 0, 0, 0, 0, 0, 5], [11, 0, 0, 0, 0, 0, 0, 5], [11, 0, 0, 0, 0, 0, 0, 0, 5, 1],
      ReceivedCount(5, others: [5]).body, ReceivedCount(5, others: [7, 7]).body, ReceivedCount(5, others: [8, 7]).body,
      ReceivedCount(5).body + [UInt8](repeating: 1, count: 8 * 257),
    ])
  func malformedCount(bytes: [UInt8]) {
    let error = #expect(throws: P2PCopyError.self) { try count(bytes) }
    #expect(error?.code == .protocolViolation)
  }

  @Test("A number of lanes is from one to as many as were agreed on")
  func laneCount() throws {
    #expect(LaneCount(8).body == [12, 0, 0, 0, 8])
    #expect(try lanes([12, 0, 0, 0, 8]).count == 8)
    for bytes: [UInt8] in [
      [], [12], [12, 0, 0, 0, 0], [12, 0, 0, 0, 9], [12, 255, 255, 255, 255], [12, 0, 0, 8], [12, 0, 0, 0, 1, 0],
      [11, 0, 0, 0, 1],
    ] {
      let error = #expect(throws: P2PCopyError.self) { try lanes(bytes) }
      #expect(error?.code == .protocolViolation)
    }
    #expect(throws: P2PCopyError.self) { try lanes([12, 0, 0, 0, 2], limit: 1) }
  }
}
