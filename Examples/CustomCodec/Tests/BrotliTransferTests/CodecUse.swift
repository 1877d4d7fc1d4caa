import Synchronization

/// How often a codec did its work.
final class CodecUse: Sendable {
  private let counts = Mutex((compressed: 0, decompressed: 0))

  /// Chunks that were compressed.
  var compressedCount: Int { counts.withLock { $0.compressed } }

  /// Chunks that were decompressed.
  var decompressedCount: Int { counts.withLock { $0.decompressed } }

  func noteCompression() {
    counts.withLock { $0.compressed += 1 }
  }

  func noteDecompression() {
    counts.withLock { $0.decompressed += 1 }
  }
}
