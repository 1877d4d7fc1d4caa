package import NIOCore
package import P2PCopyCore

/// One entry failed at the side that says so; everything else goes on.
package struct EntryFailureNotice: Hashable, Sendable {
  /// The entry's index.
  package var index: UInt64

  /// Why.
  package var code: P2PCopyError.Code

  /// Why, for a person; escaped when it comes from a peer.
  package var message: String

  /// Creates a notice.
  package init(index: UInt64, code: P2PCopyError.Code, message: String) {
    self.index = index
    self.code = code
    self.message = message
  }

  /// Appends `[index u64 | code's name | message]`; name and message are behind their length (u16).
  package func write(to buffer: inout ByteBuffer) {
    buffer.writeInteger(index)
    buffer.writeReason(code, message)
  }

  /// Takes a notice.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard let index = buffer.readInteger(as: UInt64.self) else { throw P2PCopyError.malformed("a failure") }
    let (code, message) = try buffer.readReason()
    self.init(index: index, code: code, message: message)
  }
}
