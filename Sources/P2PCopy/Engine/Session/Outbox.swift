package import NIOCore
package import P2PCopyCore
import P2PCopyWire

/// What was sent and may have to be sent again: the records of one direction that the other side has not said it has.
package struct Outbox: Sendable {
  /// How much is kept, counted in what it would be to send it again: so much is sent twice at most when a lane is lost.
  package static let byteLimit = 64 << 20

  /// How many records are kept. Each that is a piece of a file keeps the file open.
  package static let countLimit = 256

  /// How to make a record again.
  package enum Copy: Sendable {
    /// From its body, its kind in front.
    case body([UInt8])
    /// From what it was made of.
    case unit(@Sendable () async throws -> ByteBuffer)

    /// The record, ready to be sealed.
    func record() async throws -> ByteBuffer {
      switch self {
      case .body(let body): return MessageBufferPool.makeRecord(body: body)
      case .unit(let make): return try await make()
      }
    }
  }

  private var copies = CircularBuffer<(copy: Copy, byteCount: Int)>()
  private var byteCount = 0

  /// The number of the oldest record that is kept.
  package private(set) var firstNumber: UInt64

  /// - Parameter firstNumber: The number of the next record.
  package init(firstNumber: UInt64) {
    self.firstNumber = firstNumber
  }

  /// The number of the next record.
  package var nextNumber: UInt64 { firstNumber + UInt64(copies.count) }

  /// Whether there is room for one more record.
  package var hasRoom: Bool { byteCount < Self.byteLimit && copies.count < Self.countLimit }

  /// Whether all records from a number on are there to be sent again.
  package func reaches(_ number: UInt64) -> Bool { (firstNumber...nextNumber).contains(number) }

  /// Keeps the next record.
  package mutating func keep(_ copy: Copy, byteCount: Int) {
    copies.append((copy, byteCount))
    self.byteCount += byteCount
  }

  /// The copy of a record; `nil` when it is not kept.
  package func copy(_ number: UInt64) -> Copy? {
    guard number >= firstNumber, number < nextNumber else { return nil }
    return copies[offset: Int(number - firstNumber)].copy
  }

  /// Lets go of what the other side has. What it said before and was sent again changes nothing.
  ///
  /// - Parameter count: How many records it says it has.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when there were not so many.
  package mutating func settle(_ count: UInt64) throws(P2PCopyError) {
    guard count <= nextNumber else {
      throw P2PCopyError(
        .protocolViolation, "the other side says that it has \(count) records, and \(nextNumber) were sent")
    }
    while firstNumber < count, let first = copies.popFirst() {
      byteCount -= first.byteCount
      firstNumber += 1
    }
  }
}
