import CLibcrypto
import Libcrypto
import P2PCopyCore

/// A `BIGNUM` that is secret: in secure memory where libcrypto has some, for constant-time functions only, wiped when it
/// goes.
final class SecretNumber {
  let pointer: OpaquePointer

  /// Zero.
  init() throws(P2PCopyError) {
    guard let pointer = BN_secure_new() else { throw .libcrypto("make a number") }
    self.pointer = pointer
    BN_set_flags(pointer, BN_FLG_CONSTTIME)
  }

  /// The number that big-endian bytes stand for.
  convenience init(_ bytes: borrowing SecretBytes) throws(P2PCopyError) {
    try self.init()
    let result = bytes.withUnsafeBytes { bytes in
      BN_bin2bn(bytes.bindMemory(to: UInt8.self).baseAddress, Int32(clamping: bytes.count), pointer)
    }
    guard result != nil else { throw .libcrypto("read a number") }
  }

  deinit {
    BN_clear_free(pointer)
  }

  /// The number as `byteCount` big-endian bytes.
  func bytes(_ byteCount: Int) throws(P2PCopyError) -> SecretBytes {
    try SecretBytes(byteCount: byteCount) { (bytes: inout MutableRawSpan) throws(P2PCopyError) in
      let written = bytes.withUnsafeMutableBytes { bytes in
        BN_bn2binpad(pointer, bytes.bindMemory(to: UInt8.self).baseAddress, Int32(clamping: bytes.count))
      }
      guard written == byteCount else { throw .libcrypto("write a number") }
    }
  }
}
