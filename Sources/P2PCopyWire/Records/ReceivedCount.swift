package import NIOCore
package import P2PCopyCore

/// How many records of the other side have come, over all lanes of the session: those need not be kept any more to be sent
/// again.
///
/// `[11 | count u64 | number u64 …]`, big endian.
package struct ReceivedCount: Hashable, Sendable {
  /// How many records that came before others are named at most.
  package static let maximumOtherCount = 256

  /// How many have come from the session's first on, none of them missing.
  package var count: UInt64

  /// The numbers of those that have come besides, while one before them is missing; in order.
  package var others: [UInt64]

  /// Creates a count.
  package init(_ count: UInt64, others: [UInt64] = []) {
    self.count = count
    self.others = others
  }

  /// Reads a record's body, its kind in front.
  ///
  /// - Parameter body: The body; all of it is taken.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom body: inout ByteBuffer) throws(P2PCopyError) {
    guard body.readInteger(as: UInt8.self) == RecordKind.received.rawValue,
      let count = body.readInteger(as: UInt64.self), body.readableBytes <= 8 * Self.maximumOtherCount
    else { throw P2PCopyError.malformed("a count of records") }
    var others: [UInt64] = []
    var last = count
    while let number = body.readInteger(as: UInt64.self) {
      guard number > last else { throw P2PCopyError.malformed("a count of records") }
      last = number
      others.append(number)
    }
    guard body.readableBytes == 0 else { throw P2PCopyError.malformed("a count of records") }
    self.count = count
    self.others = others
  }

  /// The record's body.
  package var body: [UInt8] {
    [RecordKind.received.rawValue] + count.bigEndianBytes
      + others.prefix(Self.maximumOtherCount).flatMap(\.bigEndianBytes)
  }
}

/// How many lanes a sender wants to use from now on.
///
/// `[12 | count u32]`, big endian.
package struct LaneCount: Hashable, Sendable {
  /// At least 1; not more than were agreed on.
  package var count: UInt32

  /// Creates a count.
  package init(_ count: UInt32) {
    self.count = count
  }

  /// Reads a record's body, its kind in front.
  ///
  /// - Parameters:
  ///   - body: The body; all of it is taken.
  ///   - limit: How many were agreed on.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom body: inout ByteBuffer, limit: Int) throws(P2PCopyError) {
    guard body.readInteger(as: UInt8.self) == RecordKind.lanes.rawValue,
      let count = body.readInteger(as: UInt32.self), body.readableBytes == 0, count > 0, count <= limit
    else { throw P2PCopyError.malformed("a count of lanes") }
    self.count = count
  }

  /// The record's body.
  package var body: [UInt8] { [RecordKind.lanes.rawValue] + count.bigEndianBytes }
}

/// That a peer does not use a lane any more, whose connection the other one may believe in: record kind 14.
package struct LaneLoss: Equatable, Sendable {
  /// Which lane.
  package var number: UInt32
  /// In which epoch.
  package var epoch: UInt32

  /// Creates a loss.
  package init(number: UInt32, epoch: UInt32) {
    self.number = number
    self.epoch = epoch
  }

  /// Reads a record's body, its kind in front.
  ///
  /// - Parameter body: The body; all of it is taken.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom body: inout ByteBuffer) throws(P2PCopyError) {
    guard body.readInteger(as: UInt8.self) == RecordKind.laneLost.rawValue,
      let number = body.readInteger(as: UInt32.self), let epoch = body.readInteger(as: UInt32.self),
      body.readableBytes == 0
    else { throw P2PCopyError.malformed("the loss of a lane") }
    self.init(number: number, epoch: epoch)
  }

  /// The record's body.
  package var body: [UInt8] { [RecordKind.laneLost.rawValue] + number.bigEndianBytes + epoch.bigEndianBytes }
}
