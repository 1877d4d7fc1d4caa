import Crypto
import P2PCopyCore

/// Under Argon2id's name a derivation that costs nothing: codes are worth nothing with it.
struct QuickKeyDeriver: KeyDeriver, CodecPlugin {
  var name: CodecName { "argon2id" }
  var summary: String { "for tests: derives without any cost" }

  static func register(in registry: inout CodecRegistry) {
    registry.register(QuickKeyDeriver())
  }

  func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes {
    let key = secret.withUnsafeBytes { SymmetricKey(data: $0) }
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, salt: salt.withUnsafeBytes { [UInt8]($0) }, info: [UInt8](), outputByteCount: byteCount)
    return SecretBytes(byteCount: byteCount) { (memory: inout MutableRawSpan) in
      memory.withUnsafeMutableBytes { memory in derived.withUnsafeBytes { memory.copyMemory(from: $0) } }
    }
  }
}
