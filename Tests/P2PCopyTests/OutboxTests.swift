import NIOCore
import P2PCopy
import Testing

/// What is to be sent, and may have to be sent again.
@Suite("The outbox")
struct OutboxTests {
  private let first = LaneIdentity(1)
  private let second = LaneIdentity(2)

  private func filled(_ count: Int, from number: UInt64 = 1, byteCount: Int = 10, keepsCopies: Bool = true) -> Outbox {
    var outbox = Outbox(firstNumber: number, keepsCopies: keepsCopies)
    for index in 0..<count {
      let body = [UInt8(index % 256)]
      outbox.append(ByteBuffer(bytes: body), again: .body(body), byteCount: byteCount)
    }
    return outbox
  }

  /// The numbers that a lane takes.
  private func taken(_ outbox: inout Outbox, _ lane: LaneIdentity, atMost limit: Int = .max) -> [UInt64] {
    var numbers: [UInt64] = []
    while numbers.count < limit, let item = outbox.take(for: lane) { numbers.append(item.number) }
    return numbers
  }

  @Test("Records are taken in order, each by one lane, the first time as they were made")
  func numbers() throws {
    var outbox = filled(5)
    #expect(outbox.nextNumber == 6)
    let next = outbox.take(for: first)
    let item = try #require(next)
    #expect(item.number == 1 && item.record == ByteBuffer(bytes: [0]))
    #expect(taken(&outbox, second, atMost: 2) == [2, 3])
    #expect(taken(&outbox, first) == [4, 5])
    #expect(outbox.isEmptied && !outbox.hasItem(for: first))
    try outbox.settle(3)
    #expect(outbox.firstNumber == 3 && outbox.nextNumber == 6)
    #expect(outbox.reaches(3) && outbox.reaches(6) && !outbox.reaches(2) && !outbox.reaches(7))
  }

  @Test("What a lost lane carried is made again for another one, and never carried by the same twice")
  func released() throws {
    var outbox = filled(6)
    #expect(taken(&outbox, first, atMost: 2) == [1, 2])
    #expect(taken(&outbox, second, atMost: 2) == [3, 4])
    outbox.release(first)
    #expect(outbox.hasItem(for: second))
    let next = outbox.take(for: second)
    let item = try #require(next)
    #expect(item.number == 1 && item.record == nil)
    if case .body(let body)? = item.copy { #expect(body == [0]) } else { Issue.record("no copy") }
    // It has carried the second as well, which waits for others.
    #expect(taken(&outbox, first) == [5, 6])
    outbox.release(second)
    #expect(taken(&outbox, second) == [2])
    #expect(taken(&outbox, first) == [3, 4])
    let third = LaneIdentity(3)
    #expect(taken(&outbox, third) == [1])
  }

  @Test("A count that was said before changes nothing, one of more than was sent ends the session")
  func counts() throws {
    var outbox = filled(5)
    #expect(taken(&outbox, first).count == 5)
    try outbox.settle(4)
    try outbox.settle(2)
    #expect(outbox.firstNumber == 4)
    let error = #expect(throws: P2PCopyError.self) { try outbox.settle(7) }
    #expect(error?.code == .protocolViolation)
    for number in [6, UInt64.max] {
      let others = #expect(throws: P2PCopyError.self) { try outbox.settle(4, [5, number]) }
      #expect(others?.code == .protocolViolation)
    }
    try outbox.settle(6)
    #expect(outbox.firstNumber == 6 && outbox.nextNumber == 6 && outbox.settledByteCount == 50)
  }

  @Test("What has arrived out of turn is not sent again, and counts once")
  func others() throws {
    var outbox = filled(5)
    #expect(taken(&outbox, first, atMost: 1) == [1])
    #expect(taken(&outbox, second) == [2, 3, 4, 5])
    try outbox.settle(1, [3, 5])
    try outbox.settle(1, [3, 4, 5])
    #expect(outbox.settledByteCount == 30)
    outbox.release(second)
    #expect(taken(&outbox, first) == [2])
    #expect(!outbox.isCarrying(second) && outbox.isCarrying(first))
    try outbox.settle(6)
    #expect(outbox.settledByteCount == 50 && outbox.firstNumber == outbox.nextNumber)
  }

  @Test("A lane is a laggard when many records behind its oldest have arrived over others, not before")
  func laggard() throws {
    var outbox = filled(20)
    #expect(taken(&outbox, first, atMost: 1) == [1])
    #expect(taken(&outbox, second) == Array(2...20))
    try outbox.settle(1, Array(2...8))
    #expect(outbox.laggard(amongLanes: 2) == nil)
    try outbox.settle(1, Array(2...9))
    #expect(outbox.laggard(amongLanes: 2) == first)
    #expect(outbox.laggard(amongLanes: 1) == nil)
    try outbox.settle(2)
    #expect(outbox.laggard(amongLanes: 2) == nil)
  }

  @Test("Bytes, records and those that wait are bounded, and there is room again once the other side has them")
  func bounds() throws {
    var byBytes = filled(4, byteCount: Outbox.byteLimit / 4)
    byBytes.freshLimit = 100
    #expect(!byBytes.hasRoom)
    #expect(taken(&byBytes, first).count == 4)
    try byBytes.settle(2)
    #expect(byBytes.hasRoom)
    var byCount = filled(Outbox.countLimit, byteCount: 0)
    byCount.freshLimit = .max
    #expect(!byCount.hasRoom)
    #expect(taken(&byCount, first).count == Outbox.countLimit)
    try byCount.settle(2)
    #expect(byCount.hasRoom)
    // Pieces of files, which keep files open.
    var byUnits = Outbox(firstNumber: 1, unitLimit: 2)
    byUnits.freshLimit = .max
    for _ in 0..<3 {
      byUnits.append(ByteBuffer(bytes: [1]), again: .unit { ByteBuffer(bytes: [1]) }, byteCount: 1)
    }
    #expect(!byUnits.hasRoom)
    #expect(taken(&byUnits, first) == [1, 2, 3])
    try byUnits.settle(2)
    #expect(!byUnits.hasRoom)
    try byUnits.settle(2, [3])
    #expect(byUnits.hasRoom)
    try byUnits.settle(4)
    #expect(byUnits.hasRoom)
    var byFresh = filled(1)
    #expect(!byFresh.hasRoom)
    #expect(taken(&byFresh, first) == [1])
    #expect(byFresh.hasRoom)
  }

  @Test("Without copies nothing is kept of what a lane has taken")
  func withoutCopies() throws {
    var outbox = filled(3, keepsCopies: false)
    #expect(taken(&outbox, first, atMost: 2) == [1, 2])
    #expect(outbox.firstNumber == 3 && outbox.nextNumber == 4)
    outbox.release(first)
    #expect(taken(&outbox, second) == [3])
    try outbox.settle(1000)
  }

  @Test("What should have arrived is carried by another lane as well, once")
  func overdue() throws {
    var outbox = filled(2)
    #expect(taken(&outbox, first) == [1, 2])
    outbox.repeatOverdue(before: .now - .seconds(60))
    #expect(outbox.isEmptied)
    outbox.repeatOverdue(before: .now + .seconds(60))
    // The lane that carries it already does not carry it twice.
    #expect(!outbox.hasItem(for: first))
    #expect(taken(&outbox, second) == [1, 2])
    outbox.repeatOverdue(before: .now + .seconds(60))
    #expect(outbox.isEmptied)
    // Both may have it; when the second one is lost, a third one takes it.
    outbox.release(first)
    #expect(outbox.isEmptied)
    outbox.release(second)
    #expect(taken(&outbox, first).isEmpty)
    #expect(taken(&outbox, LaneIdentity(3)) == [1, 2])
    try outbox.settle(3)
    #expect(outbox.firstNumber == outbox.nextNumber)
  }

  @Test("A lane of which something was repeated carries one piece of a file at a time, until it brings one")
  func overdueLane() throws {
    var outbox = Outbox(firstNumber: 1)
    outbox.freshLimit = 16
    outbox.append(ByteBuffer(bytes: [7]), again: .body([7]), byteCount: 1)
    for _ in 2...9 { outbox.append(ByteBuffer(bytes: [5]), again: .unit { ByteBuffer(bytes: [5]) }, byteCount: 1) }
    outbox.append(ByteBuffer(bytes: [7]), again: .body([7]), byteCount: 1)
    #expect(taken(&outbox, first, atMost: 1) == [1])
    outbox.repeatOverdue(before: .now + .seconds(60))
    // Of other records nobody says at once that they have come: they go over it as before.
    #expect(taken(&outbox, first) == [2, 10])
    #expect(!outbox.hasItem(for: first))
    #expect(taken(&outbox, second, atMost: 3) == [1, 3, 4])
    // What the other one has brought says nothing about it.
    try outbox.settle(2, [3, 4])
    #expect(taken(&outbox, first).isEmpty)
    try outbox.settle(3)
    #expect(taken(&outbox, first, atMost: 2) == [5, 6])
    #expect(outbox.hasItem(for: first))
    outbox.release(first)
    // Nothing is said against the one that takes its place.
    #expect(taken(&outbox, LaneIdentity(3)).count == 6)
  }

  @Test("A piece of a file is carried twice only when nothing else waits and something has overtaken it")
  func overduePieces() throws {
    var outbox = Outbox(firstNumber: 1)
    outbox.freshLimit = 8
    for _ in 0..<2 { outbox.append(ByteBuffer(bytes: [5]), again: .unit { ByteBuffer(bytes: [5]) }, byteCount: 1) }
    outbox.append(ByteBuffer(bytes: [7]), again: .body([7]), byteCount: 1)
    #expect(taken(&outbox, first, atMost: 1) == [1])
    outbox.repeatOverdue(before: .now + .seconds(60))
    #expect(taken(&outbox, second) == [2, 3])
    outbox.repeatOverdue(before: .now + .seconds(60))
    // Nothing has overtaken the pieces so far.
    #expect(taken(&outbox, first) == [3])
    try outbox.settle(1, [2])
    outbox.repeatOverdue(before: .now + .seconds(60))
    #expect(taken(&outbox, second) == [1])
  }
}
