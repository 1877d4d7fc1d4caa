/// What libcrypto calls an AEAD, and its lengths in bytes.
package struct AEADAlgorithm: Sendable {
  /// The name for error messages.
  package let name: String
  /// The name for `EVP_CIPHER_fetch`.
  package let libraryName: String
  package let keyByteCount: Int
  package let tagByteCount: Int
  package let nonceByteCounts: [Int]

  package init(name: String, libraryName: String, keyByteCount: Int, tagByteCount: Int, nonceByteCounts: [Int]) {
    self.name = name
    self.libraryName = libraryName
    self.keyByteCount = keyByteCount
    self.tagByteCount = tagByteCount
    self.nonceByteCounts = nonceByteCounts
  }
}
