import P2PCopy
import Testing

/// What was sent and may have to be sent again.
@Suite("The outbox")
struct OutboxTests {
  private func filled(_ count: Int, from first: UInt64 = 1, byteCount: Int = 10) -> Outbox {
    var outbox = Outbox(firstNumber: first)
    for index in 0..<count { outbox.keep(.body([UInt8(index % 256)]), byteCount: byteCount) }
    return outbox
  }

  private func body(_ copy: Outbox.Copy?) -> [UInt8]? {
    if case .body(let body)? = copy { body } else { nil }
  }

  @Test("Records keep their numbers, also after the first ones have gone")
  func numbers() throws {
    var outbox = filled(5)
    #expect(outbox.nextNumber == 6)
    #expect(body(outbox.copy(1)) == [0] && body(outbox.copy(5)) == [4])
    #expect(body(outbox.copy(0)) == nil && body(outbox.copy(6)) == nil)
    try outbox.settle(3)
    #expect(outbox.firstNumber == 3 && outbox.nextNumber == 6)
    #expect(body(outbox.copy(2)) == nil && body(outbox.copy(3)) == [2])
    #expect(outbox.reaches(3) && outbox.reaches(6) && !outbox.reaches(2) && !outbox.reaches(7))
  }

  @Test("A count that was said before changes nothing, one of more than was sent ends the session")
  func counts() throws {
    var outbox = filled(5)
    try outbox.settle(4)
    try outbox.settle(2)
    #expect(outbox.firstNumber == 4)
    let error = #expect(throws: P2PCopyError.self) { try outbox.settle(7) }
    #expect(error?.code == .protocolViolation)
    try outbox.settle(6)
    #expect(outbox.firstNumber == 6 && outbox.nextNumber == 6)
  }

  @Test("Bytes and records are bounded, and there is room again once the other side has them")
  func bounds() throws {
    var byBytes = filled(4, byteCount: Outbox.byteLimit / 4)
    #expect(!byBytes.hasRoom)
    try byBytes.settle(2)
    #expect(byBytes.hasRoom)
    var byCount = filled(Outbox.countLimit, byteCount: 0)
    #expect(!byCount.hasRoom)
    try byCount.settle(2)
    #expect(byCount.hasRoom)
  }
}
