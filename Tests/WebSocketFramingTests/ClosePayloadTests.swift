import NIOCore
import Testing
import WebSocketFraming

@Suite struct ClosePayloadTests {
  private func status(of bytes: [UInt8]) -> UInt16? {
    do throws(FramingError) {
      _ = try ClosePayload(decoding: ByteBuffer(bytes: bytes))
      return nil
    } catch {
      return error.status
    }
  }

  private func wire(_ status: UInt16) -> [UInt8] { [UInt8(status >> 8), UInt8(status & 0xFF)] }

  @Test("Survives the way there")
  func survivesTheWayThere() throws {
    for payload in [
      ClosePayload(status: 1000), ClosePayload(status: 1013, reason: "try again later"),
      ClosePayload(status: 4002, reason: "the other side left: κόσμος"), ClosePayload(status: ClosePayload.noStatus),
    ] {
      #expect(try ClosePayload(decoding: payload.encode()) == payload)
    }
  }

  @Test("An empty payload has no status")
  func anEmptyPayloadHasNoStatus() throws {
    #expect(try ClosePayload(decoding: ByteBuffer()).status == 1005)
    #expect(ClosePayload(status: 1005, reason: "dropped").encode().readableBytes == 0)
    #expect(ClosePayload(status: 1006).encode().readableBytes == 0)
  }

  @Test("Refuses half a status")
  func refusesHalfAStatus() { #expect(status(of: [0x03]) == 1002) }

  @Test("Knows which status may be sent")
  func knowsWhichStatusMayBeSent() {
    for value: UInt16 in [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4001, 4999] {
      #expect(status(of: wire(value)) == nil, "\(value)")
    }
    for value: UInt16 in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
      #expect(status(of: wire(value)) == 1002, "\(value)")
    }
  }

  @Test("Refuses a reason that is not UTF-8")
  func refusesAReasonThatIsNotUTF8() {
    #expect(status(of: wire(1000) + [0xFF]) == 1007)
    #expect(status(of: wire(1000) + [0xE2, 0x82]) == 1007)
    #expect(status(of: wire(1000) + [0xED, 0xA0, 0x80]) == 1007)
  }

  @Test("Cuts a long reason between scalars")
  func cutsALongReasonBetweenScalars() throws {
    for lead in 0...4 {
      for filler in ["a", "é", "€", "\u{1F9EC}"] {
        let reason = String(repeating: "x", count: lead) + String(repeating: filler, count: 130)
        let encoded = ClosePayload(status: 1000, reason: reason).encode()
        #expect(encoded.readableBytes <= 125)
        #expect(encoded.readableBytes > 125 - filler.utf8.count)
        let decoded = try ClosePayload(decoding: encoded)
        #expect(reason.hasPrefix(decoded.reason))
      }
    }
    let exact = String(repeating: "y", count: 123)
    #expect(try ClosePayload(decoding: ClosePayload(status: 1000, reason: exact).encode()).reason == exact)
  }

  @Test("Names the mistake of the other side")
  func namesTheMistakeOfTheOtherSide() {
    #expect(ClosePayload(.invalidUTF8).status == 1007)
    #expect(ClosePayload(.tooBig(limit: 5)).status == 1009)
    #expect(ClosePayload(.protocolError("x")) == ClosePayload(status: 1002, reason: "x"))
  }
}
