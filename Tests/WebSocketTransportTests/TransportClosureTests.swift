import P2PCopyCore
import Testing
import WebSocketFraming
import WebSocketTransport

/// The status codes of Close frames and the reasons that they stand for.
@Suite struct TransportClosureTests {
  @Test(
    "A status stands for a reason",
    arguments: [
      (1000, .normal), (1005, .normal), (1001, .goingAway), (1002, .refused), (1003, .refused), (1007, .refused),
      (1008, .refused), (1009, .refused), (1010, .refused), (1011, .other), (1012, .other), (1013, .unavailable),
      (3000, .other), (4000, .other), (4001, .failed(.receiver)), (4002, .peerVanished), (4003, .failed(.sender)),
      (4004, .waitedTooLong), (4005, .other), (4999, .other),
    ] as [(UInt16, TransportClosure.Reason)])
  func aStatusStandsForAReason(status: UInt16, reason: TransportClosure.Reason) {
    let closure = TransportClosure(ClosePayload(status: status, reason: "why"))
    #expect(closure == TransportClosure(reason, text: "why"))
  }

  @Test(
    "A reason survives the wire",
    arguments: [
      .normal, .goingAway, .refused, .unavailable, .failed(.receiver), .failed(.sender), .peerVanished, .waitedTooLong,
      .other,
    ] as [TransportClosure.Reason])
  func aReasonSurvivesTheWire(reason: TransportClosure.Reason) throws {
    let closure = TransportClosure(reason, text: "why")
    #expect(TransportClosure(try ClosePayload(decoding: ClosePayload(closure).encode())) == closure)
  }
}
