import P2PCopy
import XXH128

/// Digests of what a test has in memory.
enum TestDigests {
  /// `xxh128`, or nothing when the codec fails.
  static func xxh128(_ bytes: [UInt8]) -> [UInt8] {
    guard let context = try? XXH128Digest().makeContext() else { return [] }
    try? context.update(bytes.span.bytes)
    return (try? context.finish()) ?? []
  }
}
