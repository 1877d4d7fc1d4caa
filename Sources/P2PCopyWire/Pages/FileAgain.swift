package import NIOCore
package import P2PCopyCore

/// What came of a file is void, since it changed while it was sent: it comes once more, from its beginning.
package struct FileAgain: Hashable, Sendable {
  /// The file's index.
  package var index: UInt64

  /// Creates one.
  package init(index: UInt64) {
    self.index = index
  }

  /// Appends `[kind u8 | index u64]`.
  package func writeRecord(to buffer: inout ByteBuffer) {
    buffer.writeInteger(RecordKind.fileAgain.rawValue)
    buffer.writeInteger(index)
  }

  /// Reads one whose kind has been read already.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard let index = buffer.readInteger(as: UInt64.self), buffer.readableBytes == 0 else {
      throw P2PCopyError.malformed("a file's repetition")
    }
    self.init(index: index)
  }
}
