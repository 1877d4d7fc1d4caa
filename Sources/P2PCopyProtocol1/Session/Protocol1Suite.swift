package import P2PCopyCore

/// What protocol 1 fixes: the names of its codecs, the key derivation's salts and cost, the compression threshold.
package enum Protocol1Suite {
  package static let compressorName: CodecName = "zstd"
  package static let cipherName: CodecName = "aes-256-gcm"
  package static let keyDeriverName: CodecName = "argon2id"

  package static let derivationCost = KeyDerivationCost(iterations: 3, memoryKibibytes: 32768, parallelism: 8)
  package static let derivedByteCount = 32
  package static let codeHashSalt = Array("code_hash used for hello-match".utf8)
  package static let cipherKeySalt = Array("cipher used for E2E-encryption".utf8)

  /// `auto` keeps compressing a file whose first chunk shrinks below this share of its size.
  package static let worthwhileRatio = 0.95

  /// The most raw bytes a chunk carries, and the step of the chain over a file.
  package static let maximumChunkByteCount = 1 << 20

  /// The largest message that the Python tool accepts.
  package static let maximumMessageByteCount = 2 << 20

  /// The error for a codec that this build lacks.
  package static func missing(_ kind: CodecKind, _ name: CodecName, in codecs: CodecRegistry) -> P2PCopyError {
    let available = codecs.codecs(of: kind).map(\.name.description)
    return P2PCopyError(
      .noCommonCodec,
      "protocol 1 needs the \(kind.rawValue) '\(name)', which this build lacks"
        + " (it has: \(available.isEmpty ? "none" : available.joined(separator: ", "))); register its plugin")
  }
}
