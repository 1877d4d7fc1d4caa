package import NIOCore
package import P2PCopyCore

/// How many records of the other side have come, over all lanes of the session: those need not be kept any more to be sent
/// again.
///
/// `[11 | count u64]`, big endian.
package struct ReceivedCount: Hashable, Sendable {
  /// Records of one direction, counted from the session's first.
  package var count: UInt64

  /// Creates a count.
  package init(_ count: UInt64) {
    self.count = count
  }

  /// Reads a record's body, its kind in front.
  ///
  /// - Parameter body: The body; all of it is taken.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom body: inout ByteBuffer) throws(P2PCopyError) {
    guard body.readInteger(as: UInt8.self) == RecordKind.received.rawValue,
      let count = body.readInteger(as: UInt64.self),
      body.readableBytes == 0
    else { throw P2PCopyError.malformed("a count of records") }
    self.count = count
  }

  /// The record's body.
  package var body: [UInt8] { [RecordKind.received.rawValue] + count.bigEndianBytes }
}
