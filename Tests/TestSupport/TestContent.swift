/// Content for test files that is the same in every run.
package enum TestContent {
  /// Bytes that do not compress (splitmix64).
  package static func random(_ byteCount: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    var bytes = [UInt8]()
    bytes.reserveCapacity(byteCount + 8)
    while bytes.count < byteCount {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      value ^= value >> 31
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - byteCount)
    return bytes
  }

  /// Bytes that compress well.
  package static func compressible(_ byteCount: Int) -> [UInt8] {
    let line = Array("the quick brown fox jumps over the lazy dog 0123456789\n".utf8)
    return (0..<byteCount).map { line[$0 % line.count] }
  }
}
