import P2PCopy

/// Under Argon2id's name: the same bytes for every code.
struct FixedKeyDeriver: KeyDeriver {
  let bytes: [UInt8]

  var name: CodecName { "argon2id" }
  var summary: String { "for tests" }
  var costFactors: [String: ClosedRange<Int>] { [:] }

  func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes {
    SecretBytes(copying: bytes.span.bytes)
  }
}
