import P2PCopy
import XXH128

/// Digests of what a test has in memory.
enum TestDigests {
  /// The digest of a file with chunks of 1 MiB, computed by the test itself.
  static func xxh128(_ bytes: [UInt8]) -> [UInt8] {
    let chunks = chunks(of: bytes)
    return chunks.count > 1 ? chunk(Array(chunks.map(chunk).joined())) : chunk(bytes)
  }

  /// A file's chunks.
  static func chunks(of bytes: [UInt8]) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: 1 << 20).map { Array(bytes[$0..<min($0 + 1 << 20, bytes.count)]) }
  }

  /// `xxh128` of one chunk, or nothing when the codec fails.
  static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    guard let context = try? XXH128Digest().makeContext() else { return [] }
    try? context.update(bytes.span.bytes)
    return (try? context.finish()) ?? []
  }
}
