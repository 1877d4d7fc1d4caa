package import P2PCopyCore

/// What protocol 1 fixes: the names of its codecs, the key derivation's salts and cost, the compression threshold.
package enum Protocol1Suite {
  static let compressorName: CodecName = "zstd"
  static let cipherName: CodecName = "aes-256-gcm"
  package static let keyDeriverName: CodecName = "argon2id"

  static let derivationCost: KeyDerivationCost = ["iterations": 3, "memory-kibibytes": 32768, "parallelism": 8]
  static let derivedByteCount = 32
  static let codeHashSalt = Array("code_hash used for hello-match".utf8)
  static let cipherKeySalt = Array("cipher used for E2E-encryption".utf8)

  /// `auto` keeps compressing a file whose first chunk shrinks below this share of its size.
  package static let worthwhileRatio = 0.95

  /// The most raw bytes a chunk carries, and the step of the chain over a file.
  package static let maximumChunkByteCount = 1 << 20

  /// The largest message that the Python tool accepts.
  package static let maximumMessageByteCount = 2 << 20
}
