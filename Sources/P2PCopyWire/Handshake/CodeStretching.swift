import Crypto
package import P2PCopyCore

/// How a code becomes a rendezvous id and the password of the key exchange.
package enum CodeStretching {
  /// The cost of stretching a code: three passes over 64 MiB in four lanes.
  package static let cost: KeyDerivationCost = ["iterations": 3, "memory-kibibytes": 65536, "parallelism": 4]

  /// The rendezvous id of a code with a channel: `hex(SHA-256("p2p-copy/2 rendezvous" || 0x00 || channel))`. Nothing of
  /// the secret part is in it.
  package static func rendezvous(channel: [UInt8]) -> String {
    Hex.encode(SHA256.hash(data: Array("p2p-copy/2 rendezvous".utf8) + [0] + channel))
  }

  /// The rendezvous id of a code without a channel: `hex(Argon2id(code, salt "p2p-copy/2 rendezvous", 32 bytes))`. The
  /// relay can test guesses of the code against it.
  ///
  /// - Throws: ``P2PCopyError`` when the key deriver fails.
  package static func rendezvous(
    wholeCode: borrowing SecretBytes, _ deriver: any KeyDeriver
  ) throws(P2PCopyError) -> String {
    let salt = Array("p2p-copy/2 rendezvous".utf8)
    let derived = try deriver.deriveKey(from: wholeCode, salt: salt.span.bytes, cost: cost, byteCount: 32)
    return derived.withUnsafeBytes { Hex.encode($0) }
  }

  /// The salt of the password: the first 16 bytes of `SHA-256("p2p-copy/2 kdf" || 0x00 || channel)`; the channel is empty
  /// for a code without one.
  package static func passwordSalt(channel: [UInt8]) -> [UInt8] {
    Array(SHA256.hash(data: Array("p2p-copy/2 kdf".utf8) + [0] + channel).prefix(16))
  }

  /// The password of the key exchange: `Argon2id(secret, salt, t = 3, m = 65536 KiB, p = 4)`.
  ///
  /// - Throws: ``P2PCopyError`` when the key deriver fails.
  package static func password(
    secret: borrowing SecretBytes, channel: [UInt8], byteCount: Int, _ deriver: any KeyDeriver
  ) throws(P2PCopyError) -> SecretBytes {
    let salt = passwordSalt(channel: channel)
    return try deriver.deriveKey(from: secret, salt: salt.span.bytes, cost: cost, byteCount: byteCount)
  }
}
