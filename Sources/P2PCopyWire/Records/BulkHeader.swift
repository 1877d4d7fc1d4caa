package import NIOCore
package import P2PCopyCore

/// What stands in front of the body of a page, chunk or pack: 24 bytes.
///
/// `[kind u8 | encoding u8 (0 raw, 1 compressed) | 0 u16 | raw length u32 | index u64 | offset u64]`, big endian.
package struct BulkHeader: Hashable, Sendable {
  /// Its length in bytes.
  package static let byteCount = 24

  /// Page, chunk or pack.
  package var kind: RecordKind

  /// Whether what follows is compressed with the negotiated compressor.
  package var isCompressed: Bool

  /// How many bytes what follows has uncompressed.
  package var rawByteCount: Int

  /// Of a chunk the index of its file, of a pack or page the index of its first entry.
  package var index: UInt64

  /// Of a chunk where in the file it belongs; otherwise 0.
  package var offset: UInt64

  /// Creates a header.
  package init(kind: RecordKind, isCompressed: Bool = false, rawByteCount: Int, index: UInt64, offset: UInt64 = 0) {
    self.kind = kind
    self.isCompressed = isCompressed
    self.rawByteCount = rawByteCount
    self.index = index
    self.offset = offset
  }

  /// Takes a header off the front of a record's body.
  ///
  /// - Parameters:
  ///   - body: The body; what is left behind the header on return.
  ///   - limit: The most raw bytes that are accepted.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom body: inout ByteBuffer, limit: Int) throws(P2PCopyError) {
    guard let kindByte = body.readInteger(as: UInt8.self), let kind = RecordKind(rawValue: kindByte),
      let encoding = body.readInteger(as: UInt8.self), encoding <= 1,
      body.readInteger(as: UInt16.self) != nil, let rawByteCount = body.readInteger(as: UInt32.self),
      let index = body.readInteger(as: UInt64.self), let offset = body.readInteger(as: UInt64.self)
    else { throw P2PCopyError.malformed("a data record") }
    guard rawByteCount <= limit, encoding == 1 || rawByteCount == body.readableBytes else {
      throw P2PCopyError(
        .protocolViolation, "a data record of \(rawByteCount) raw bytes came; at most \(limit) were agreed")
    }
    self.init(
      kind: kind, isCompressed: encoding == 1, rawByteCount: Int(rawByteCount), index: index, offset: offset)
  }

  /// Writes the header at an index where ``byteCount`` bytes are reserved for it.
  package func write(to buffer: inout ByteBuffer, at position: Int) {
    buffer.setInteger(kind.rawValue, at: position)
    buffer.setInteger(UInt8(isCompressed ? 1 : 0), at: position + 1)
    buffer.setInteger(UInt16(0), at: position + 2)
    buffer.setInteger(UInt32(clamping: rawByteCount), at: position + 4)
    buffer.setInteger(index, at: position + 8)
    buffer.setInteger(offset, at: position + 16)
  }
}

extension P2PCopyError {
  /// Something of a peer's does not have the form it must have.
  package static func malformed(_ what: String) -> P2PCopyError {
    P2PCopyError(.protocolViolation, "the other side sent \(what) that is malformed")
  }
}
