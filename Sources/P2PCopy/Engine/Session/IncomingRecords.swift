import NIOCore
import P2PCopyCore
import P2PCopyWire

/// What comes from the other side: its records in order, and what it is to be told of them.
struct IncomingRecords: Sendable {
  var inbox: Inbox
  /// What is not to wait for its turn: the other side's last word.
  var lastWord: ByteBuffer?
  /// How many records and bytes came since the other side was told.
  var untoldRecordCount: UInt64 = 0
  var untoldByteCount = 0
  /// Whether pieces of files are among them: the other side keeps their files open until it is told.
  var hasUntoldContent = false
  /// Whether anything is among them but what the other side was told itself.
  var hasUntoldNews = false
  var lastProgress = ContinuousClock.now
  /// How often lanes were opened since then.
  var fruitlessCount = 0
  /// The record that is missing, and since when that is known.
  private var gap: (number: UInt64, since: ContinuousClock.Instant)?
  /// The number of the record with which everything has been said.
  var lastNumber: UInt64?
  var end: P2PCopyError?

  /// - Parameter count: How many records have come so far.
  init(count: UInt64) {
    inbox = Inbox(count: count)
  }

  /// Whether more is to come: what happens to lanes behind the last word is not looked at.
  var isExpected: Bool { lastNumber.map { inbox.count <= $0 } ?? true }

  /// A record has come.
  mutating func count(_ byteCount: Int) {
    lastProgress = .now
    fruitlessCount = 0
    untoldRecordCount += 1
    untoldByteCount += byteCount
  }

  /// What the other side is told of what has come.
  mutating func told() -> ReceivedCount {
    untoldRecordCount = 0
    untoldByteCount = 0
    hasUntoldContent = false
    hasUntoldNews = false
    return ReceivedCount(inbox.count, others: inbox.numbersAhead)
  }

  /// Looks whether a record is missing while others come.
  ///
  /// - Parameter limit: How long one may be.
  /// - Returns: The number of one that has been missing for longer.
  mutating func overdueRecord(after limit: Duration) -> UInt64? {
    guard inbox.hasGap else {
      gap = nil
      return nil
    }
    guard let gap, gap.number == inbox.count else {
      gap = (inbox.count, .now)
      return nil
    }
    return .now - gap.since > limit ? gap.number : nil
  }
}
