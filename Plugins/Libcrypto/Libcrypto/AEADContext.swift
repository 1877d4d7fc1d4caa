import CLibcrypto
package import P2PCopyCore

/// One key, expanded once for each direction and reused for every message. libcrypto wipes both when they are freed.
package final class AEADContext: CipherContext {
  private let algorithm: AEADAlgorithm
  private let sealing: EVPCipherContext
  private let opening: EVPCipherContext

  /// Takes a key; its length must be the algorithm's.
  package init(_ algorithm: AEADAlgorithm, key: borrowing SecretBytes) throws(P2PCopyError) {
    guard key.byteCount == algorithm.keyByteCount else {
      throw P2PCopyError(
        .internalError, "a key for \(algorithm.name) has \(algorithm.keyByteCount) bytes, not \(key.byteCount)")
    }
    self.algorithm = algorithm
    sealing = try EVPCipherContext(algorithm, key: key, isSealing: true)
    opening = try EVPCipherContext(algorithm, key: key, isSealing: false)
  }

  package func seal(
    _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: inout OutputRawSpan
  ) throws(P2PCopyError) {
    try check(nonce: nonce)
    guard tag.freeCapacity >= algorithm.tagByteCount else {
      throw P2PCopyError(.internalError, "\(algorithm.name) needs room for a tag of \(algorithm.tagByteCount) bytes")
    }
    try sealing.start(nonce: nonce)
    try sealing.authenticate(associatedData)
    try sealing.transform(&bytes)
    guard sealing.finish() else { throw P2PCopyError.libcrypto("finish") }
    try sealing.appendTag(of: algorithm.tagByteCount, to: &tag)
  }

  package func open(
    _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: RawSpan
  ) throws(P2PCopyError) {
    try check(nonce: nonce)
    guard tag.byteCount == algorithm.tagByteCount else {
      throw P2PCopyError(
        .internalError, "a tag of \(algorithm.name) has \(algorithm.tagByteCount) bytes, not \(tag.byteCount)")
    }
    try opening.start(nonce: nonce)
    try opening.authenticate(associatedData)
    try opening.transform(&bytes)
    try opening.expect(tag)
    guard opening.finish() else {
      // What was decrypted is not authentic: nobody may act on it, not even by mistake.
      bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
      throw P2PCopyError(
        .wrongCode, "a message could not be opened: the codes differ, only one side encrypts, or it was changed")
    }
  }

  private func check(nonce: RawSpan) throws(P2PCopyError) {
    guard algorithm.nonceByteCounts.contains(nonce.byteCount) else {
      let lengths = algorithm.nonceByteCounts.map(String.init).joined(separator: " or ")
      throw P2PCopyError(
        .internalError, "a nonce of \(algorithm.name) has \(lengths) bytes here, not \(nonce.byteCount)")
    }
  }
}

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
