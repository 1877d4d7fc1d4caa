import Crypto
package import P2PCopyCore

/// Under Argon2id's name, and with its factors, a derivation that costs nothing, for tests that are not about stretching:
/// codes are worth nothing with it.
package struct QuickKeyDeriver: KeyDeriver, CodecPlugin {
  package init() {}

  package var name: CodecName { "argon2id" }
  package var summary: String { "for tests: derives without any cost" }

  package var costFactors: [String: ClosedRange<Int>] {
    ["iterations": 1...Int.max, "memory-kibibytes": 8...Int.max, "parallelism": 1...Int.max]
  }

  package static func register(in registry: inout CodecRegistry) {
    registry.register(QuickKeyDeriver())
  }

  package func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes {
    try require(cost)
    return try SecretBytes(byteCount: byteCount, from: secret, salt) { secret, salt, room throws(P2PCopyError) in
      let derived = HKDF<SHA256>.deriveKey(
        inputKeyMaterial: SymmetricKey(data: secret), salt: salt, info: [UInt8](), outputByteCount: byteCount)
      derived.withUnsafeBytes { room.copyMemory(from: $0) }
    }
  }
}
