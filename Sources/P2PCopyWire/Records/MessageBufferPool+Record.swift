package import NIOCore
package import P2PCopyCore

extension MessageBufferPool {
  /// A record to be: room for its header, ready for a body.
  package func takeRecord() -> ByteBuffer {
    var record = take()
    record.writeRepeatingByte(0, count: RecordHeader.byteCount)
    return record
  }

  /// A record of bulk data to be: room for both headers, ready for the data.
  package func takeBulkRecord() -> ByteBuffer {
    var record = take()
    record.writeRepeatingByte(0, count: RecordHeader.byteCount + BulkHeader.byteCount)
    return record
  }

  /// A small record that comes from no pool, for what is said now and then.
  ///
  /// - Parameters:
  ///   - kind: The first byte of its body.
  ///   - byteCount: How long the rest of the body will be.
  /// - Returns: The record, ready for the rest of its body.
  package static func makeRecord(_ kind: RecordKind, byteCount: Int) -> ByteBuffer {
    var record = ByteBuffer()
    record.reserveCapacity(headroom + RecordHeader.byteCount + 1 + byteCount + RecordKey.maximumTagByteCount)
    record.writeRepeatingByte(0, count: headroom)
    record.moveReaderIndex(to: headroom)
    record.writeRepeatingByte(0, count: RecordHeader.byteCount)
    record.writeInteger(kind.rawValue)
    return record
  }
}
