import NIOCore
import P2PCopy
import Testing

/// Records that come over several lanes.
@Suite("The inbox")
struct InboxTests {
  private func body(_ number: UInt64, byteCount: Int = 3) -> ByteBuffer {
    ByteBuffer(bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: byteCount))
  }

  private func insert(_ inbox: inout Inbox, _ body: ByteBuffer, as number: UInt64) throws -> Bool {
    try inbox.insert(body, as: number)
  }

  private func taken(_ inbox: inout Inbox) -> [UInt8] {
    var first: [UInt8] = []
    while let body = inbox.take() { first.append(body.getInteger(at: body.readerIndex) ?? 0) }
    return first
  }

  @Test("Whatever the order in which they come, each goes out once and in order", arguments: 0..<20)
  func order(seed: UInt64) throws {
    var random = SystemRandomNumberGenerator()
    let numbers: [UInt64] = (Array(1...50) + Array(1...50)).shuffled(using: &random)
    var inbox = Inbox(count: 1)
    var out: [UInt8] = []
    var newCount = 0
    for number in numbers {
      if try inbox.insert(body(number), as: number) { newCount += 1 }
      out += taken(&inbox)
    }
    #expect(out == Array(1...50), "\(numbers)")
    #expect(newCount == 50 && inbox.count == 51 && !inbox.hasGap && inbox.hasRoom)
  }

  @Test("Those ahead of a missing one are named, and wait")
  func gap() throws {
    var inbox = Inbox(count: 0)
    #expect(try insert(&inbox, body(2), as: 2))
    #expect(try insert(&inbox, body(0), as: 0))
    #expect(try insert(&inbox, body(5), as: 5))
    #expect(inbox.hasGap && inbox.count == 1 && inbox.numbersAhead == [2, 5])
    #expect(taken(&inbox) == [0])
    #expect(!inbox.isReady)
    // What is dealt with has a number and no content.
    #expect(try insert(&inbox, ByteBuffer(), as: 1))
    #expect(inbox.count == 3 && taken(&inbox) == [2])
  }

  @Test("More than can be under way is refused, in numbers and in bytes")
  func bounds() throws {
    var byNumber = Inbox(count: 10)
    #expect(try insert(&byNumber, body(1), as: 9 + Inbox.reach))
    let far = #expect(throws: P2PCopyError.self) { try insert(&byNumber, body(1), as: 10 + Inbox.reach) }
    #expect(far?.code == .protocolViolation)
    #expect(throws: P2PCopyError.self) { try insert(&byNumber, body(1), as: .max) }
    var byBytes = Inbox(count: 0)
    let large = ByteBuffer(repeating: 1, count: Inbox.aheadByteLimit / 2)
    #expect(try insert(&byBytes, large, as: 1))
    #expect(try insert(&byBytes, large, as: 2))
    let many = #expect(throws: P2PCopyError.self) { try insert(&byBytes, body(3), as: 3) }
    #expect(many?.code == .protocolViolation)
  }

  @Test("Lanes are not read while much is ready")
  func room() throws {
    var inbox = Inbox(count: 0)
    #expect(try insert(&inbox, ByteBuffer(repeating: 1, count: Inbox.readyByteLimit), as: 0))
    #expect(!inbox.hasRoom)
    #expect(taken(&inbox) == [1])
    #expect(inbox.hasRoom)
  }
}
