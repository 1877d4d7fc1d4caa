package import P2PCopyCore

/// A file as a transfer left it in place, as a journal remembers it.
package struct PlacedFile: Hashable, Sendable {
  /// The longest name of a digest, and the longest digest, in bytes.
  private static let maximumFieldByteCount = 64

  /// Its path below the output directory.
  package var path: [UInt8]
  package var version: FileStatus.Version
  /// When its content, mode, owner or name was changed last: nobody can set that back.
  package var changeSeconds: Int
  package var changeNanoseconds: Int
  /// Which digest ``digest`` is.
  package var digestName: [UInt8]
  /// The digest of its content.
  package var digest: [UInt8]

  /// Takes down a file.
  ///
  /// - Parameters:
  ///   - path: Its path below the output directory.
  ///   - status: What is there, under its final name.
  ///   - digestName: Which digest it is.
  ///   - digest: That of its content.
  package init(_ path: RelativePath, _ status: FileStatus, digestName: CodecName, digest: [UInt8]) {
    self.path = path.bytes
    version = status.version
    changeSeconds = status.changeSeconds
    changeNanoseconds = status.changeNanoseconds
    self.digestName = Array(digestName.description.utf8.prefix(Self.maximumFieldByteCount))
    self.digest = Array(digest.prefix(Self.maximumFieldByteCount))
  }

  /// Whether a file is still what was taken down: the same file, and nothing has happened to it since.
  package func isStill(_ status: FileStatus) -> Bool {
    status.kind == .regular && status.version == version && status.changeSeconds == changeSeconds
      && status.changeNanoseconds == changeNanoseconds
  }

  // MARK: As bytes

  /// The most bytes that ``append(to:)`` appends.
  static let maximumEncodedByteCount = fixedByteCount + 2 * (maximumFieldByteCount + 1) + RelativePath.maximumByteCount

  private static let fixedByteCount = 2 + 7 * 8

  /// Appends `[length u16 | size | time, s | time, ns | change, s | change, ns | device | inode | name | digest | path]`:
  /// numbers have 64 bits, name and digest stand behind their length (u8), and the length counts what is behind it.
  func append(to buffer: inout [UInt8]) {
    let start = buffer.count
    buffer.append(contentsOf: [0, 0])
    JournalBytes.append(UInt64(bitPattern: version.byteCount), to: &buffer)
    JournalBytes.append(UInt64(bitPattern: Int64(version.modificationSeconds)), to: &buffer)
    JournalBytes.append(UInt64(bitPattern: Int64(version.modificationNanoseconds)), to: &buffer)
    JournalBytes.append(UInt64(bitPattern: Int64(changeSeconds)), to: &buffer)
    JournalBytes.append(UInt64(bitPattern: Int64(changeNanoseconds)), to: &buffer)
    JournalBytes.append(UInt64(version.identity.device), to: &buffer)
    JournalBytes.append(UInt64(version.identity.inode), to: &buffer)
    for field in [digestName, digest] {
      buffer.append(UInt8(clamping: field.count))
      buffer.append(contentsOf: field)
    }
    buffer.append(contentsOf: path)
    let length = UInt16(clamping: buffer.count - start - 2)
    buffer[start] = UInt8(length >> 8)
    buffer[start + 1] = UInt8(truncatingIfNeeded: length)
  }

  /// How many bytes a record at a place has, its length included; `nil` when it does not end before the bytes do.
  static func encodedByteCount(in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= fixedByteCount else { return nil }
    let count = 2 + Int(bytes[bytes.startIndex]) << 8 + Int(bytes[bytes.startIndex + 1])
    return (fixedByteCount...bytes.count).contains(count) ? count : nil
  }

  /// Reads a record at the beginning of some bytes; `nil` when it is none.
  init?(reading bytes: ArraySlice<UInt8>) {
    guard let count = Self.encodedByteCount(in: bytes) else { return nil }
    var rest = bytes.prefix(count).dropFirst(2)
    var numbers: [UInt64] = []
    for _ in 0..<7 {
      guard let number = JournalBytes.take(&rest) else { return nil }
      numbers.append(number)
    }
    var fields: [[UInt8]] = []
    for _ in 0..<2 {
      guard let length = rest.popFirst(), length <= Self.maximumFieldByteCount, rest.count >= length else { return nil }
      fields.append(Array(rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
    }
    guard !rest.isEmpty else { return nil }
    version = FileStatus.Version(
      identity: FileStatus.Identity(device: UInt(numbers[5]), inode: UInt(numbers[6])),
      byteCount: Int64(bitPattern: numbers[0]), modificationSeconds: Int(Int64(bitPattern: numbers[1])),
      modificationNanoseconds: Int(Int64(bitPattern: numbers[2])))
    changeSeconds = Int(Int64(bitPattern: numbers[3]))
    changeNanoseconds = Int(Int64(bitPattern: numbers[4]))
    digestName = fields[0]
    digest = fields[1]
    path = Array(rest)
  }
}

/// Whole numbers as a journal has them: 64 bits, the highest first.
enum JournalBytes {
  /// Appends a number.
  static func append(_ number: UInt64, to buffer: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
  }

  /// Takes a number from the front; `nil` when there are too few bytes.
  static func take(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    guard bytes.count >= 8 else { return nil }
    let number = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    bytes = bytes.dropFirst(8)
    return number
  }
}
