import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyWire

extension ByteBuffer {
  /// Appends a part of a file.
  ///
  /// - Returns: How many bytes: fewer than wanted only at the end; `nil` when the content knows no offsets.
  mutating func read(
    _ content: any SourceContent, byteCount: Int, at offset: Int64
  ) throws(P2PCopyError) -> Int? {
    var failure: P2PCopyError?
    var result: Int?
    let count = writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount) { memory in
      do throws(P2PCopyError) {
        result = try content.read(
          into: UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]), at: offset)
      } catch {
        failure = error
      }
      return result ?? 0
    }
    if let failure { throw failure }
    return result == nil ? nil : count
  }

  /// Appends all that there is of a file that says it is empty.
  ///
  /// - Returns: How many bytes; `nil` when it is more than there is room for, or than is looked at here.
  mutating func appendAll(of content: any SourceContent, room: Int64) throws(P2PCopyError) -> Int64? {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { memory.deallocate() }
    guard let count = try content.read(into: memory, at: 0), count < memory.count, count <= room else { return nil }
    writeBytes(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    return Int64(count)
  }

  /// Calls `body` with the data of a bulk record.
  func withBulkData<Result>(_ body: (RawSpan) throws(P2PCopyError) -> Result) throws(P2PCopyError) -> Result {
    try withBytes(from: readerIndex + RecordHeader.byteCount + BulkHeader.byteCount, body)
  }

  /// Calls `body` with the bytes from an index to the end.
  func withBytes<Result>(
    from index: Int, _ body: (RawSpan) throws(P2PCopyError) -> Result
  ) throws(P2PCopyError) -> Result {
    try withUnsafeReadableBytes { (bytes) throws(P2PCopyError) in
      try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[(index - readerIndex)...])))
    }
  }
}
