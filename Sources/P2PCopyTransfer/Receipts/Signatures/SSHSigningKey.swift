import Crypto
package import P2PCopyCore

/// An Ed25519 key of OpenSSH that signs files as `ssh-keygen -Y sign` does, so that anybody checks them with `ssh-keygen -Y
/// verify` (PROTOCOL.sshsig and PROTOCOL.key of OpenSSH).
package struct SSHSigningKey: Sendable {
  /// What signatures are for: `ssh-keygen -Y verify -n p2p-copy`.
  package static let namespace = "p2p-copy"

  private static let maximumByteCount = 64 << 10

  private let key: Curve25519.Signing.PrivateKey

  /// Reads a private key as `ssh-keygen -t ed25519` makes it, without a passphrase.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package init(file: LocalPath) throws(P2PCopyError) {
    func refuse(_ why: String) -> P2PCopyError {
      P2PCopyError(.usage, "cannot sign with '\(file)': \(why)")
    }
    let text = try SSHFile.read(file, limit: Self.maximumByteCount)
    guard let body = SSHFile.armored(text, "OPENSSH PRIVATE KEY"),
      var reader = SSHReader(body, after: "openssh-key-v1\0")
    else { throw refuse("it is not a private key of OpenSSH; 'ssh-keygen -t ed25519' makes one") }
    guard let cipher = reader.string(), reader.string() != nil, reader.string() != nil, reader.number() == 1,
      reader.string() != nil, let secret = reader.string()
    else { throw refuse("it is damaged") }
    guard cipher.elementsEqual("none".utf8) else {
      throw refuse(
        "it has a passphrase; sign the receipt afterwards with 'ssh-keygen -Y sign -n \(Self.namespace) -f KEY RECEIPT'"
      )
    }
    var inner = SSHReader(secret)
    guard let first = inner.number(), inner.number() == first, let kind = inner.string() else {
      throw refuse("it is damaged")
    }
    guard kind.elementsEqual(SSHSignature.keyKind.utf8) else {
      throw refuse("it is a key of another kind than Ed25519; 'ssh-keygen -t ed25519' makes one")
    }
    guard inner.string()?.count == 32, let pair = inner.string(), pair.count == 64,
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: pair.prefix(32))
    else { throw refuse("it is damaged") }
    self.key = key
  }

  /// Signs a file by its digest.
  ///
  /// - Parameter digest: The file's SHA-512.
  /// - Returns: What `FILE.sig` has.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/internalError``.
  package func signature(ofFileWith digest: [UInt8]) throws(P2PCopyError) -> String {
    let signed = SSHSignature.signedBytes(namespace: Self.namespace, digest: digest)
    do {
      let signature = try key.signature(for: signed)
      return SSHSignature(
        publicKey: Array(key.publicKey.rawRepresentation), namespace: Self.namespace, signature: Array(signature)
      ).armored
    } catch {
      throw P2PCopyError(.internalError, "the receipt could not be signed", cause: error)
    }
  }
}
