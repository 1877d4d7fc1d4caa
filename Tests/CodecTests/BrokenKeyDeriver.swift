import Argon2id
import P2PCopyCore

/// Argon2id with one fault.
struct BrokenKeyDeriver: KeyDeriver {
  enum Fault: CaseIterable {
    case ignoresTheCost, ignoresTheEndOfTheSecret, takesShortSalts, derivesTooLittle

    /// What the kit must say about it.
    var finding: String {
      switch self {
      case .ignoresTheCost: "the iterations do not matter"
      case .ignoresTheEndOfTheSecret: "a zero byte at the secret's end does not matter"
      case .takesShortSalts: "a salt of 7 bytes was accepted"
      case .derivesTooLittle: "48 bytes were derived instead of 64"
      }
    }
  }

  var fault: Fault

  var name: CodecName { "broken@example.org" }
  var summary: String { "Argon2id with a fault" }

  func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes {
    var bytes = secret.withUnsafeBytes { Array($0) }
    var salt = salt.withUnsafeBytes { Array($0) }
    var cost = cost
    var byteCount = byteCount
    switch fault {
    case .ignoresTheCost: cost = KeyDerivationCost(iterations: 2, memoryKibibytes: 256, parallelism: 1)
    case .ignoresTheEndOfTheSecret:
      if bytes.last == 0 { bytes.removeLast() }
    case .takesShortSalts: while salt.count < 8 { salt.append(0) }
    case .derivesTooLittle:
      if byteCount == 64 { byteCount = 48 }
    }
    return try Argon2idKeyDeriver().deriveKey(
      from: SecretBytes(copying: bytes.span.bytes), salt: salt.span.bytes, cost: cost, byteCount: byteCount)
  }
}
