package import P2PCopyCore

/// A cipher that is offered and listed, and never used.
package struct NamedCipher: Cipher {
  package var name: CodecName
  package var isAccelerated: Bool

  package init(name: CodecName, isAccelerated: Bool = true) {
    self.name = name
    self.isAccelerated = isAccelerated
  }

  package var summary: String { "for tests" }
  package var keyByteCount: Int { 32 }
  package var tagByteCount: Int { 16 }
  package var nonceByteCounts: [Int] { [12] }

  package func makeContext(key: borrowing SecretBytes) throws(P2PCopyError) -> any CipherContext {
    throw P2PCopyError(.internalError, "not for use")
  }
}
