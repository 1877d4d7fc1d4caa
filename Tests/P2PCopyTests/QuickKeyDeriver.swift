import Crypto
import P2PCopyCore

/// Under Argon2id's name a derivation that costs nothing, for tests that are not about stretching.
struct QuickKeyDeriver: KeyDeriver {
  var name: CodecName { "argon2id" }
  var summary: String { "for tests" }

  func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes {
    let key = secret.withUnsafeBytes { SymmetricKey(data: $0) }
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, salt: salt.withUnsafeBytes { [UInt8]($0) }, info: [UInt8](), outputByteCount: byteCount)
    return SecretBytes(copying: derived)
  }
}

extension SecretBytes {
  /// Copies a key.
  init(copying key: SymmetricKey) {
    self.init(byteCount: key.bitCount / 8) { (memory: inout MutableRawSpan) in
      memory.withUnsafeMutableBytes { memory in key.withUnsafeBytes { memory.copyMemory(from: $0) } }
    }
  }
}
