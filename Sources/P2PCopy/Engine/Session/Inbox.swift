package import NIOCore
package import P2PCopyCore

/// The records of one direction as they come, over one lane or several: each once, and in order.
package struct Inbox: Sendable {
  /// How many bytes may wait for those before them. More a sender never has under way.
  package static let aheadByteLimit = Outbox.byteLimit + (8 << 20)

  /// How far ahead of the next a number may be.
  package static let reach = UInt64(4 * Outbox.countLimit)

  /// How many bytes may be ready before lanes are no longer read.
  package static let readyByteLimit = 4 << 20

  /// How many records are in order: the number of the next one.
  package private(set) var count: UInt64

  private var ready = CircularBuffer<ByteBuffer>()
  private var readyByteCount = 0
  private var ahead: [UInt64: ByteBuffer] = [:]
  private var aheadByteCount = 0

  /// - Parameter count: How many records came before.
  package init(count: UInt64) {
    self.count = count
  }

  /// Whether lanes may be read.
  package var hasRoom: Bool { readyByteCount < Self.readyByteLimit }

  /// Whether a record is missing before others that have come.
  package var hasGap: Bool { !ahead.isEmpty }

  /// The numbers of those that have come and wait for others, in order.
  package var numbersAhead: [UInt64] { ahead.keys.sorted() }

  /// Whether there is a record to be taken.
  package var isReady: Bool { !ready.isEmpty }

  /// Takes a record in.
  ///
  /// - Parameters:
  ///   - body: What it says; empty for one that is dealt with.
  ///   - number: Its number.
  /// - Returns: Whether it came for the first time.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when more comes than can be under way.
  package mutating func insert(_ body: consuming ByteBuffer, as number: UInt64) throws(P2PCopyError) -> Bool {
    guard number >= count, ahead[number] == nil else { return false }
    guard number > count else {
      append(body)
      while let next = ahead.removeValue(forKey: count) {
        aheadByteCount -= next.readableBytes
        append(next)
      }
      return true
    }
    aheadByteCount += body.readableBytes
    guard number - count < Self.reach, aheadByteCount <= Self.aheadByteLimit else {
      throw P2PCopyError(
        .protocolViolation,
        "the other side sent record \(number) long before record \(count), and more than may wait for it")
    }
    ahead[number] = body
    return true
  }

  /// The next record; `nil` when it has not come.
  package mutating func take() -> ByteBuffer? {
    guard let body = ready.popFirst() else { return nil }
    readyByteCount -= body.readableBytes
    return body
  }

  private mutating func append(_ body: consuming ByteBuffer) {
    count += 1
    // What is dealt with only has its place.
    guard body.readableBytes > 0 else { return }
    readyByteCount += body.readableBytes
    ready.append(body)
  }
}
