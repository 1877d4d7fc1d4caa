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
    var record = makeRecord(byteCount: 1 + byteCount)
    record.writeInteger(kind.rawValue)
    return record
  }

  /// The same with all of its body, the kind in front.
  package static func makeRecord(body: [UInt8]) -> ByteBuffer {
    var record = makeRecord(byteCount: body.count)
    record.writeBytes(body)
    return record
  }

  private static func makeRecord(byteCount: Int) -> ByteBuffer {
    var record = ByteBuffer()
    record.reserveCapacity(headroom + RecordHeader.byteCount + byteCount + RecordKey.maximumTagByteCount)
    record.writeRepeatingByte(0, count: headroom)
    record.moveReaderIndex(to: headroom)
    record.writeRepeatingByte(0, count: RecordHeader.byteCount)
    return record
  }
}
