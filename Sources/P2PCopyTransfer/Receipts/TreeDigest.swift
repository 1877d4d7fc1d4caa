import Crypto

/// One SHA-256 over everything delivered, in order, which both sides compute and compare.
///
/// An entry is encoded as kind (`u8`: 0 file, 1 directory, 2 symbolic link), length of the path (`u32` big endian), path;
/// for files size (`u64` big endian), length of the digest (`u8`), digest; for links length of the target (`u32` big
/// endian), target. Mode and times are left out: not every file system can keep them.
package struct TreeDigest: Sendable {
  private var hash = SHA256()
  private var buffer: [UInt8] = []

  /// The digest of an empty tree.
  package init() {
    buffer.reserveCapacity(512)
  }

  /// Adds the next entry.
  package mutating func add(_ entry: DeliveredEntry) {
    buffer.removeAll(keepingCapacity: true)
    switch entry.kind {
    case .file: buffer.append(0)
    case .directory: buffer.append(1)
    case .symbolicLink: buffer.append(2)
    }
    append(UInt32(clamping: entry.path.count))
    buffer.append(contentsOf: entry.path)
    switch entry.kind {
    case .file:
      append(UInt64(clamping: entry.byteCount))
      buffer.append(UInt8(clamping: entry.digest.count))
      buffer.append(contentsOf: entry.digest)
    case .directory: break
    case .symbolicLink:
      append(UInt32(clamping: entry.target.count))
      buffer.append(contentsOf: entry.target)
    }
    buffer.withUnsafeBytes { hash.update(bufferPointer: $0) }
  }

  /// The digest of what was added so far, 32 bytes.
  package var value: [UInt8] { Array(hash.finalize()) }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { buffer.append(contentsOf: $0) }
  }
}
