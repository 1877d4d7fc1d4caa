package import NIOCore
package import P2PCopyCore

/// A file's data is complete: what the sender read.
package struct FileEnd: Hashable, Sendable {
  /// The file's index.
  package var index: UInt64

  /// Its size in bytes.
  package var byteCount: Int64

  /// Its metadata when it was read.
  package var metadata: EntryMetadata?

  /// The negotiated digest over all of it, also over what the receiver had before.
  package var digest: [UInt8]

  /// Creates an end.
  package init(index: UInt64, byteCount: Int64, metadata: EntryMetadata?, digest: [UInt8]) {
    self.index = index
    self.byteCount = byteCount
    self.metadata = metadata
    self.digest = digest
  }

  /// Appends `[kind u8 | fields]`.
  package func writeRecord(to buffer: inout ByteBuffer) {
    buffer.writeInteger(RecordKind.fileEnd.rawValue)
    write(to: &buffer)
  }

  /// Appends `[index u64 | size u64 | metadata | digest]`; the digest is behind its length (u16). In a pack the bytes of
  /// the file follow.
  package func write(to buffer: inout ByteBuffer) {
    buffer.writeInteger(index)
    buffer.writeInteger(UInt64(clamping: byteCount))
    buffer.writeMetadata(metadata)
    buffer.writeShortBytes(digest)
  }

  /// Takes the fields.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard let index = buffer.readInteger(as: UInt64.self), let size = buffer.readInteger(as: UInt64.self),
      let byteCount = Int64(exactly: size)
    else { throw P2PCopyError.malformed("the end of a file") }
    let metadata = try buffer.readMetadata()
    guard let digest = buffer.readShortBytes(limit: 64) else { throw P2PCopyError.malformed("the end of a file") }
    self.init(index: index, byteCount: byteCount, metadata: metadata, digest: digest)
  }

  /// The most bytes ``write(to:)`` appends.
  package static let maximumByteCount = 8 + 8 + 15 + 2 + 64
}
