import P2PCopyCore

/// What protocol 1 fixes: the names of its codecs, the key derivation's salts and cost, the compression threshold.
enum Protocol1Suite {
  static let compressorName: CodecName = "zstd"
  static let cipherName: CodecName = "aes-256-gcm"
  static let keyDeriverName: CodecName = "argon2id"

  static let derivationCost = KeyDerivationCost(iterations: 3, memoryKibibytes: 32768, parallelism: 8)
  static let derivedByteCount = 32
  static let codeHashSalt = Array("code_hash used for hello-match".utf8)
  static let cipherKeySalt = Array("cipher used for E2E-encryption".utf8)

  /// `auto` keeps compressing a file whose first chunk shrinks below this share of its size.
  static let worthwhileRatio = 0.95

  /// The largest message that the Python tool accepts.
  static let maximumMessageByteCount = 2 << 20

  /// The error for a codec that this build lacks.
  static func missing(_ kind: CodecKind, _ name: CodecName, in codecs: CodecRegistry) -> P2PCopyError {
    let available = codecs.codecs(of: kind).map(\.name.description)
    return P2PCopyError(
      .noCommonCodec,
      "protocol 1 needs the \(kind.rawValue) '\(name)', which this build lacks"
        + " (it has: \(available.isEmpty ? "none" : available.joined(separator: ", "))); register its plugin")
  }
}
