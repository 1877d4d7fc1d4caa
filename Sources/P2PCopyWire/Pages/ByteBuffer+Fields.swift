import NIOCore
import P2PCopyCore

extension ByteBuffer {
  /// Appends a length (u16 big endian) and that many bytes. Longer ones are cut.
  mutating func writeShortBytes(_ bytes: some Collection<UInt8>) {
    let bytes = bytes.prefix(Int(UInt16.max))
    writeInteger(UInt16(bytes.count))
    writeBytes(bytes)
  }

  /// Takes a length (u16 big endian) and that many bytes.
  ///
  /// - Returns: The bytes, or `nil` when there are not as many.
  mutating func readShortBytes(limit: Int) -> [UInt8]? {
    guard let count = readInteger(as: UInt16.self), Int(count) <= limit else { return nil }
    return readBytes(length: Int(count))
  }

  /// Appends metadata behind a byte that says whether there is any:
  /// `[1 | mode u16 | seconds i64 | nanoseconds u32]`, or `[0]`.
  mutating func writeMetadata(_ metadata: EntryMetadata?) {
    guard let metadata else {
      writeInteger(UInt8(0))
      return
    }
    writeInteger(UInt8(1))
    writeInteger(metadata.mode)
    writeInteger(metadata.modificationSeconds)
    writeInteger(metadata.modificationNanoseconds)
  }

  /// Takes what ``writeMetadata(_:)`` appends.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when it is malformed.
  mutating func readMetadata() throws(P2PCopyError) -> EntryMetadata? {
    guard let flag = readInteger(as: UInt8.self), flag <= 1 else { throw P2PCopyError.malformed("metadata") }
    if flag == 0 { return nil }
    guard let mode = readInteger(as: UInt16.self), mode <= 0o7777, let seconds = readInteger(as: Int64.self),
      let nanoseconds = readInteger(as: UInt32.self), nanoseconds < 1_000_000_000
    else { throw P2PCopyError.malformed("metadata") }
    return EntryMetadata(mode: mode, modificationSeconds: seconds, modificationNanoseconds: nanoseconds)
  }
}
