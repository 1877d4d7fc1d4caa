package import P2PCopyCore

/// The keys that somebody trusts: a public key as in `id_ed25519.pub`, or a list of allowed signers (ssh-keygen(1)).
package struct SSHSigners: Sendable {
  private static let maximumByteCount = 1 << 20

  /// The keys of kind Ed25519, 32 bytes each.
  let keys: [[UInt8]]

  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the file cannot be read, or has no such key.
  package init(file: LocalPath) throws(P2PCopyError) {
    let text = try SSHFile.read(file, limit: Self.maximumByteCount)
    keys = text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let words = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D })
      guard words.first?.first != UInt8(ascii: "#"),
        let kind = words.firstIndex(where: { $0.elementsEqual(SSHSignature.keyKind.utf8) }),
        kind + 1 < words.count, let blob = Base64.decode(words[kind + 1])
      else { return nil }
      var reader = SSHReader(blob[...])
      guard reader.string()?.elementsEqual(SSHSignature.keyKind.utf8) == true, let key = reader.string(),
        key.count == 32
      else { return nil }
      return Array(key)
    }
    guard !keys.isEmpty else {
      throw P2PCopyError(
        .usage,
        "there is no Ed25519 key in '\(file)'; give a public key such as id_ed25519.pub, or a list of allowed signers")
    }
  }
}
