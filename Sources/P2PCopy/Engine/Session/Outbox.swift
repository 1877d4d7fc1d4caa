package import NIOCore
package import P2PCopyCore
import P2PCopyWire

/// The records of one direction that are to be sent, or to be sent again should a lane be lost: all from the oldest that the
/// other side has not said it has.
///
/// Each has a number and is carried by one lane at a time. No lane carries one twice: it has one key.
package struct Outbox: Sendable {
  /// How much is kept, counted in what it would be to send it again: so much is sent twice at most when a lane is lost.
  package static let byteLimit = 64 << 20

  /// How many records are kept.
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

  /// What a lane is to send.
  package struct Item: Sendable {
    package let number: UInt64
    /// The record as it was made; missing when it has to be made again.
    package var record: ByteBuffer?
    package let copy: Copy?
  }

  private struct Entry: Sendable {
    var record: ByteBuffer?
    var copy: Copy?
    let byteCount: Int
    /// Who carries it; nobody as long as it waits.
    var carrier: LaneIdentity?
    /// Since when.
    var carriedSince = ContinuousClock.now
    /// Whether it waited once more although its lane may still bring it.
    var isRepeated = false
    /// Who has carried it before.
    var formerCarriers: [LaneIdentity] = []
    /// Whether the other side has it, although not all before it.
    var hasArrived = false

    /// Whether it is a piece of a file that has not arrived.
    var isUnit: Bool { if case .unit? = copy { true } else { false } }
  }

  /// How many records wait that were not sent before; more lanes take more.
  package var freshLimit = 1

  private let keepsCopies: Bool
  /// How many pieces of files are kept: each keeps a file open.
  private let unitLimit: Int
  private var unitCount = 0
  private var entries = CircularBuffer<Entry>()
  /// The numbers of those that wait, in order.
  private var waiting: [UInt64] = []
  private var freshCount = 0
  private var byteCount = 0
  /// Lanes of which something was repeated, and that have not brought anything since.
  private var overdueLanes: Set<LaneIdentity> = []

  /// The number of the oldest record that is kept.
  package private(set) var firstNumber: UInt64

  /// How many bytes the other side has said it has.
  package private(set) var settledByteCount: UInt64 = 0

  /// - Parameters:
  ///   - firstNumber: The number of the next record.
  ///   - keepsCopies: Whether records are kept to be sent again.
  ///   - unitLimit: How many pieces of files are kept: each keeps a file open.
  package init(firstNumber: UInt64, keepsCopies: Bool = true, unitLimit: Int = Outbox.countLimit) {
    self.firstNumber = firstNumber
    self.keepsCopies = keepsCopies
    self.unitLimit = unitLimit
  }

  /// The number of the next record.
  package var nextNumber: UInt64 { firstNumber + UInt64(entries.count) }

  /// Whether there is room for one more record.
  package var hasRoom: Bool {
    freshCount < freshLimit && byteCount < Self.byteLimit && entries.count < Self.countLimit && unitCount < unitLimit
  }

  /// Whether nothing waits to be sent.
  package var isEmptied: Bool { waiting.isEmpty }

  /// Whether all records from a number on are there to be sent again.
  package func reaches(_ number: UInt64) -> Bool { (firstNumber...nextNumber).contains(number) }

  /// Takes the next record.
  ///
  /// - Parameters:
  ///   - record: The record, ready to be sealed.
  ///   - copy: How to make it again.
  ///   - byteCount: What it counts.
  package mutating func append(_ record: consuming ByteBuffer, again copy: Copy, byteCount: Int) {
    waiting.append(nextNumber)
    freshCount += 1
    self.byteCount += byteCount
    if keepsCopies, case .unit = copy { unitCount += 1 }
    entries.append(Entry(record: record, copy: keepsCopies ? copy : nil, byteCount: byteCount))
  }

  /// Whether there is something that a lane may carry.
  package func hasItem(for lane: LaneIdentity) -> Bool { firstItem(for: lane) != nil }

  /// Where the first record waits that a lane may carry: not one that it has carried before. One that may stand still carries
  /// one piece of a file at a time, so that no more than that is lost with it; of other records nobody says at once that they
  /// have come, and they are small.
  private func firstItem(for lane: LaneIdentity) -> Int? {
    let mayCarryUnit = !overdueLanes.contains(lane) || !isCarryingUnit(lane)
    return waiting.firstIndex { number in
      let entry = entry(number)
      return !entry.formerCarriers.contains(lane) && (mayCarryUnit || !entry.isUnit)
    }
  }

  /// Gives the first record that waits to a lane.
  ///
  /// - Returns: The record; `nil` when there is none that the lane may carry.
  package mutating func take(for lane: LaneIdentity) -> Item? {
    guard let index = firstItem(for: lane) else { return nil }
    let number = waiting.remove(at: index)
    let position = offset(number)
    let record = entries[offset: position].record
    entries[offset: position].record = nil
    if record != nil { freshCount -= 1 }
    entries[offset: position].carrier = lane
    entries[offset: position].carriedSince = .now
    let copy = entries[offset: position].copy
    if !keepsCopies, let entry = entries.popFirst() {
      byteCount -= entry.byteCount
      firstNumber += 1
    }
    return Item(number: number, record: record, copy: copy)
  }

  /// A lane carries nothing any more: what it carried, and the other side has not, waits again.
  package mutating func release(_ lane: LaneIdentity) {
    overdueLanes.remove(lane)
    for position in 0..<entries.count where entries[offset: position].carrier == lane {
      guard !entries[offset: position].hasArrived else { continue }
      entries[offset: position].carrier = nil
      entries[offset: position].formerCarriers.append(lane)
      waiting.append(firstNumber + UInt64(position))
    }
    waiting.sort()
  }

  /// Lets another lane carry, too, what should have arrived by now: the lane that carries it may stand still, and nobody finds
  /// that out where nothing else is to be sent. Each record at most once; a piece of a file only when nothing else waits and
  /// one behind it has arrived over another lane, since it may just take its time.
  ///
  /// - Parameter time: When it should have been carried.
  package mutating func repeatOverdue(before time: ContinuousClock.Instant) {
    guard keepsCopies else { return }
    let isIdle = waiting.isEmpty
    var hasOvertakers = false
    for position in (0..<entries.count).reversed() {
      let entry = entries[offset: position]
      guard !entry.hasArrived else {
        hasOvertakers = true
        continue
      }
      guard let carrier = entry.carrier, !entry.isRepeated, entry.carriedSince < time else { continue }
      if entry.isUnit, !(isIdle && hasOvertakers) { continue }
      entries[offset: position].carrier = nil
      entries[offset: position].formerCarriers.append(carrier)
      entries[offset: position].isRepeated = true
      overdueLanes.insert(carrier)
      waiting.append(firstNumber + UInt64(position))
    }
    waiting.sort()
  }

  /// Lets go of what the other side has. What it said before and was sent again changes nothing.
  ///
  /// - Parameters:
  ///   - count: How many records it says it has, from the first on.
  ///   - others: The numbers of those that it says it has besides.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when there were not so many.
  package mutating func settle(_ count: UInt64, _ others: [UInt64] = []) throws(P2PCopyError) {
    // Without copies nothing is known of what was sent.
    guard keepsCopies else { return }
    guard count <= nextNumber else {
      throw P2PCopyError(
        .protocolViolation, "the other side says that it has \(count) records, and \(nextNumber) were sent")
    }
    if let unknown = others.first(where: { $0 >= nextNumber }) {
      throw P2PCopyError(
        .protocolViolation, "the other side says that it has record \(unknown), and \(nextNumber) were sent")
    }
    while firstNumber < count, let first = entries.popFirst() {
      byteCount -= first.byteCount
      if first.record != nil { freshCount -= 1 }
      if !first.hasArrived { countArrival(of: first) }
      firstNumber += 1
    }
    waiting.removeAll { $0 < firstNumber }
    for number in others where number >= firstNumber {
      let position = offset(number)
      guard !entries[offset: position].hasArrived else { continue }
      countArrival(of: entries[offset: position])
      entries[offset: position].hasArrived = true
      // It is not made again, and its file need not be open for that.
      entries[offset: position].copy = nil
      waiting.removeAll { $0 == number }
    }
  }

  private mutating func countArrival(of entry: Entry) {
    if entry.isUnit { unitCount -= 1 }
    // Of one that was repeated nobody knows who brought it.
    if let carrier = entry.carrier, !entry.isRepeated { overdueLanes.remove(carrier) }
    settledByteCount += UInt64(clamping: entry.byteCount)
  }

  /// Whether a lane carries something that the other side has not.
  package func isCarrying(_ lane: LaneIdentity) -> Bool {
    entries.contains { $0.carrier == lane && !$0.hasArrived }
  }

  private func isCarryingUnit(_ lane: LaneIdentity) -> Bool {
    entries.contains { $0.carrier == lane && $0.isUnit }
  }

  /// The lane that holds everything up: it carries the oldest record, and more records behind that have arrived over others
  /// than can be by chance.
  package func laggard(amongLanes laneCount: Int) -> LaneIdentity? {
    guard laneCount > 1, let lane = entries.first?.carrier else { return nil }
    let overtakers = entries.count { $0.hasArrived && $0.carrier != lane }
    return overtakers >= 4 * laneCount ? lane : nil
  }

  private func offset(_ number: UInt64) -> Int { Int(number - firstNumber) }

  private func entry(_ number: UInt64) -> Entry { entries[offset: offset(number)] }
}
