import Argon2id
import P2PCopyCore

/// Argon2id with one fault.
struct BrokenKeyDeriver: KeyDeriver {
  enum Fault: CaseIterable {
    case ignoresTheCost, takesAnyFactor, takesACostWithoutOne, takesTooMuch, ignoresTheEndOfTheSecret, takesShortSalts,
      derivesTooLittle

    /// What the kit must say about it.
    var finding: String {
      switch self {
      case .ignoresTheCost: "the cost's factor iterations does not matter"
      case .takesAnyFactor: "a cost with a factor that is not the deriver's was accepted"
      case .takesACostWithoutOne: "a cost without parallelism was accepted"
      case .takesTooMuch: "a cost with parallelism=16777216 was accepted"
      case .ignoresTheEndOfTheSecret: "a zero byte at the secret's end does not matter"
      case .takesShortSalts: "a salt of 7 bytes was accepted"
      case .derivesTooLittle: "48 bytes were derived instead of 64"
      }
    }
  }

  var fault: Fault

  var name: CodecName { "broken@example.org" }
  var summary: String { "Argon2id with a fault" }
  var costFactors: [String: ClosedRange<Int>] { Argon2idKeyDeriver().costFactors }

  func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes {
    var bytes = secret.withUnsafeBytes { Array($0) }
    var salt = salt.withUnsafeBytes { Array($0) }
    var cost = cost
    var byteCount = byteCount
    switch fault {
    case .ignoresTheCost: cost.factors["iterations"] = 2
    case .takesAnyFactor: cost.factors["no-such-factor"] = nil
    case .takesACostWithoutOne: cost.factors["parallelism"] = cost.factors["parallelism"] ?? 1
    case .takesTooMuch: cost.factors["parallelism"] = cost.factors["parallelism"].map { min($0, 4) }
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
