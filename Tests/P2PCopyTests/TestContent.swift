/// Content for test files that is the same in every run.
enum TestContent {
  /// Bytes that do not compress.
  static func random(_ byteCount: Int, seed: UInt64) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var bytes = [UInt8]()
    bytes.reserveCapacity(byteCount + 8)
    while bytes.count < byteCount {
      // xorshift64*
      state ^= state >> 12
      state ^= state << 25
      state ^= state >> 27
      withUnsafeBytes(of: state &* 0x2545_F491_4F6C_DD1D) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - byteCount)
    return bytes
  }

  /// Bytes that compress well.
  static func compressible(_ byteCount: Int) -> [UInt8] {
    let line = Array("the quick brown fox jumps over the lazy dog 0123456789\n".utf8)
    return (0..<byteCount).map { line[$0 % line.count] }
  }
}
