import Crypto

/// The pieces that a journal is appended in: `[length u32 | kind u8 | check 16 bytes | content]`.
///
/// The check is the beginning of a SHA-256 over the check of the block before, kind and content, so that a block counts only
/// where everything in front of it is there: neither what a crash tore nor what lay there before fits.
struct JournalBlock {
  /// What a block has.
  enum Kind: UInt8 {
    /// Records of files, one behind the other.
    case placed = 1
    /// How far the files whose records stand in front of it outlast the machine: an offset, and the check there.
    case durable = 2
  }

  /// What stands in front of the content, in bytes.
  static let headerByteCount = 4 + 1 + checkByteCount

  /// The most content of a block, in bytes.
  static let maximumContentByteCount = 128 << 10

  static let checkByteCount = 16

  let kind: Kind
  let check: [UInt8]
  let content: ArraySlice<UInt8>

  /// Makes a block.
  ///
  /// - Parameters:
  ///   - kind: What it has.
  ///   - content: At most ``maximumContentByteCount`` bytes.
  ///   - previous: The check of the block in front of it.
  init(_ kind: Kind, _ content: ArraySlice<UInt8>, behind previous: [UInt8]) {
    self.kind = kind
    self.content = content
    check = Self.check(kind.rawValue, content, previous)
  }

  /// Reads a block at the beginning of some bytes; `nil` when there is none, or not all of it.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - previous: The check of the block in front of it.
  init?(reading bytes: ArraySlice<UInt8>, behind previous: [UInt8]) {
    guard bytes.count >= Self.headerByteCount else { return nil }
    let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    let start = bytes.startIndex
    guard (1...Self.maximumContentByteCount).contains(length), bytes.count - Self.headerByteCount >= length,
      let kind = Kind(rawValue: bytes[start + 4])
    else { return nil }
    let content = bytes[(start + Self.headerByteCount)..<(start + Self.headerByteCount + length)]
    let check = Self.check(kind.rawValue, content, previous)
    guard bytes[(start + 5)..<(start + Self.headerByteCount)].elementsEqual(check) else { return nil }
    (self.kind, self.check, self.content) = (kind, check, content)
  }

  /// The block as it is written.
  var bytes: [UInt8] {
    let length = UInt32(clamping: content.count)
    var bytes = stride(from: UInt32(24), through: 0, by: -8).map { UInt8(truncatingIfNeeded: length >> $0) }
    bytes.append(kind.rawValue)
    return bytes + check + content
  }

  var byteCount: Int { Self.headerByteCount + content.count }

  private static func check(_ kind: UInt8, _ content: ArraySlice<UInt8>, _ previous: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: previous)
    hash.update(data: [kind])
    content.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return Array(hash.finalize().prefix(checkByteCount))
  }
}
