import Crypto
import P2PCopyCore

/// A signature of a file, as OpenSSH writes it.
package struct SSHSignature: Sendable {
  /// Where the signature of a file lies.
  static func file(of path: LocalPath) -> LocalPath { LocalPath(path.bytes + ".sig".utf8) }

  static let maximumByteCount = 64 << 10
  static let keyKind = "ssh-ed25519"
  private static let preamble = "SSHSIG"
  private static let lineLength = 70

  /// 32 bytes.
  let publicKey: [UInt8]
  let namespace: String
  /// 64 bytes.
  let signature: [UInt8]

  init(publicKey: [UInt8], namespace: String, signature: [UInt8]) {
    self.publicKey = publicKey
    self.namespace = namespace
    self.signature = signature
  }

  /// Reads one.
  ///
  /// - Returns: `nil` when it is none, or not of an Ed25519 key and SHA-512.
  init?(armored text: [UInt8]) {
    guard let body = SSHFile.armored(text, "SSH SIGNATURE"), var reader = SSHReader(body, after: Self.preamble),
      reader.number() == 1, let key = reader.string(), let namespace = reader.string(), reader.string() != nil,
      let hash = reader.string(), let blob = reader.string(), hash.elementsEqual("sha512".utf8)
    else { return nil }
    var (keyReader, blobReader) = (SSHReader(key), SSHReader(blob))
    guard keyReader.string()?.elementsEqual(Self.keyKind.utf8) == true, let publicKey = keyReader.string(),
      publicKey.count == 32, blobReader.string()?.elementsEqual(Self.keyKind.utf8) == true,
      let signature = blobReader.string(), signature.count == 64
    else { return nil }
    self.init(
      publicKey: Array(publicKey), namespace: String(decoding: namespace, as: UTF8.self), signature: Array(signature))
  }

  /// The text of the file.
  var armored: String {
    var blob = Array(Self.preamble.utf8) + [0, 0, 0, 1]
    blob += SSHWriter.string(SSHWriter.string(Self.keyKind) + SSHWriter.string(publicKey))
    blob += SSHWriter.string(namespace) + SSHWriter.string("") + SSHWriter.string("sha512")
    blob += SSHWriter.string(SSHWriter.string(Self.keyKind) + SSHWriter.string(signature))
    var digits = Base64.encode(blob)[...]
    var lines = ["-----BEGIN SSH SIGNATURE-----"]
    while !digits.isEmpty {
      lines.append(String(digits.prefix(Self.lineLength)))
      digits = digits.dropFirst(Self.lineLength)
    }
    return (lines + ["-----END SSH SIGNATURE-----", ""]).joined(separator: "\n")
  }

  /// What is signed of a file.
  static func signedBytes(namespace: String, digest: [UInt8]) -> [UInt8] {
    Array(preamble.utf8) + SSHWriter.string(namespace) + SSHWriter.string("") + SSHWriter.string("sha512")
      + SSHWriter.string(digest)
  }

  /// Whether a key has signed a file.
  ///
  /// - Parameters:
  ///   - key: 32 bytes.
  ///   - digest: The file's SHA-512.
  /// - Returns: Whether it has.
  func isValid(by key: [UInt8], digest: [UInt8]) -> Bool {
    guard key == publicKey, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }
    return key.isValidSignature(signature, for: Self.signedBytes(namespace: namespace, digest: digest))
  }
}
