import CLibcrypto
import P2PCopyCore

/// An `EVP_CIPHER_CTX` for an AEAD in one direction.
///
/// The functions are called in this order for each message: ``start(nonce:)``, ``authenticate(_:)``,
/// ``transform(_:)``, when opening ``expect(_:)``, ``finish()``, when sealing ``appendTag(of:to:)``. A failure leaves
/// it ready for the next start.
final class EVPCipherContext {
  private let context: OpaquePointer
  private var nonceByteCount = 12

  /// Takes a key. Cipher and key stay for every message, so that libcrypto looks the cipher up once a context.
  init(_ algorithm: AEADAlgorithm, key: borrowing SecretBytes, isSealing: Bool) throws(P2PCopyError) {
    guard let context = EVP_CIPHER_CTX_new() else { throw P2PCopyError.libcrypto("make a context") }
    self.context = context
    guard let cipher = EVP_CIPHER_fetch(nil, algorithm.libraryName, nil) else {
      throw P2PCopyError.libcrypto("find \(algorithm.libraryName)")
    }
    defer { EVP_CIPHER_free(cipher) }
    let result = key.withUnsafeBytes { key in
      EVP_CipherInit_ex(context, cipher, nil, key.baseAddress, nil, isSealing ? 1 : 0)
    }
    guard result == 1 else { throw P2PCopyError.libcrypto("take the key") }
  }

  deinit {
    EVP_CIPHER_CTX_free(context)
  }

  func start(nonce: RawSpan) throws(P2PCopyError) {
    if nonce.byteCount != nonceByteCount {
      guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, Int32(clamping: nonce.byteCount), nil) == 1 else {
        throw P2PCopyError.libcrypto("take a nonce of \(nonce.byteCount) bytes")
      }
      nonceByteCount = nonce.byteCount
    }
    // -1 keeps the direction; key and cipher stay as they are.
    let result = nonce.withUnsafeBytes { EVP_CipherInit_ex(context, nil, nil, nil, $0.baseAddress, -1) }
    guard result == 1 else { throw P2PCopyError.libcrypto("take the nonce") }
  }

  func authenticate(_ associatedData: RawSpan) throws(P2PCopyError) {
    guard associatedData.byteCount > 0 else { return }
    guard let length = Int32(exactly: associatedData.byteCount) else {
      throw P2PCopyError(.internalError, "associated data of \(associatedData.byteCount) bytes is too long")
    }
    var written: Int32 = 0
    let result = associatedData.withUnsafeBytes { source in
      EVP_CipherUpdate(context, nil, &written, source.baseAddress, length)
    }
    guard result == 1 else { throw P2PCopyError.libcrypto("authenticate") }
  }

  /// Encrypts or decrypts in place.
  func transform(_ message: inout MutableRawSpan) throws(P2PCopyError) {
    guard message.byteCount > 0 else { return }
    guard let length = Int32(exactly: message.byteCount) else {
      throw P2PCopyError(.internalError, "a message of \(message.byteCount) bytes is too long for one seal")
    }
    var written: Int32 = 0
    let result = message.withUnsafeMutableBytes { message in
      EVP_CipherUpdate(context, message.baseAddress, &written, message.baseAddress, length)
    }
    guard result == 1, written == length else { throw P2PCopyError.libcrypto("work on \(length) bytes") }
  }

  /// Sets the tag that ``finish()`` compares with.
  func expect(_ tag: RawSpan) throws(P2PCopyError) {
    let result = tag.withUnsafeBytes { tag in
      // The parameter is not const in C, but setting a tag only reads it.
      EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_SET_TAG, Int32(clamping: tag.count), UnsafeMutableRawPointer(mutating: tag.baseAddress))
    }
    guard result == 1 else { throw P2PCopyError.libcrypto("take the tag") }
  }

  /// Ends a message.
  ///
  /// - Returns: When opening, whether the tag fits; libcrypto compares it in constant time.
  func finish() -> Bool {
    var written: Int32 = 0
    // An AEAD writes nothing here, but a buffer of one block must be given.
    let result = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { block in
      EVP_CipherFinal_ex(context, block.baseAddress, &written)
    }
    if result != 1 { ERR_clear_error() }
    return result == 1
  }

  func appendTag(of byteCount: Int, to tag: inout OutputRawSpan) throws(P2PCopyError) {
    try tag.appendBytes { room throws(P2PCopyError) in
      let result = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(clamping: byteCount), room.baseAddress)
      guard result == 1 else { throw P2PCopyError.libcrypto("give the tag") }
      return byteCount
    }
  }
}
