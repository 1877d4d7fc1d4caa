import CLibcrypto
import P2PCopyCore

/// One key, expanded once for each direction and reused for every message. libcrypto wipes both when they are freed.
final class AESGCMContext: CipherContext {
  private static let tagByteCount = 16
  private static let nonceByteCounts = [12, 32]

  private let sealing: EVPCipherContext
  private let opening: EVPCipherContext

  init(key: borrowing SecretBytes) throws(P2PCopyError) {
    sealing = try EVPCipherContext(key: key, isSealing: true)
    opening = try EVPCipherContext(key: key, isSealing: false)
  }

  func seal(
    _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: inout OutputRawSpan
  ) throws(P2PCopyError) {
    try check(nonce: nonce)
    guard tag.freeCapacity >= Self.tagByteCount else {
      throw P2PCopyError(.internalError, "AES-GCM needs room for a tag of \(Self.tagByteCount) bytes")
    }
    try sealing.start(nonce: nonce)
    try sealing.authenticate(associatedData)
    try sealing.transform(&bytes)
    guard sealing.finish() else { throw EVPCipherContext.failure("finish") }
    try sealing.appendTag(of: Self.tagByteCount, to: &tag)
  }

  func open(
    _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: RawSpan
  ) throws(P2PCopyError) {
    try check(nonce: nonce)
    guard tag.byteCount == Self.tagByteCount else {
      throw P2PCopyError(.internalError, "a tag of AES-GCM has \(Self.tagByteCount) bytes, not \(tag.byteCount)")
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
    guard Self.nonceByteCounts.contains(nonce.byteCount) else {
      throw P2PCopyError(.internalError, "a nonce of AES-GCM has 12 or 32 bytes here, not \(nonce.byteCount)")
    }
  }
}
