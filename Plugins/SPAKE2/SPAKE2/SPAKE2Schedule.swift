import CLibcrypto
import Libcrypto
package import P2PCopyCore

/// What follows from a transcript (RFC 9382, sections 3.3 and 4), with SHA-256, HKDF-SHA256 and HMAC-SHA256.
package struct SPAKE2Schedule: ~Copyable {
  private static let hashByteCount = 32
  private static let halfByteCount = 16

  /// Ke, the shared key.
  package let sharedKey: SecretBytes
  /// Ka, from which the keys of the confirmations come.
  package let confirmationSecret: SecretBytes
  /// KcA.
  package let senderConfirmationKey: SecretBytes
  /// KcB.
  package let receiverConfirmationKey: SecretBytes
  /// What the sender proves itself with.
  package let senderConfirmation: [UInt8]
  /// What the receiver proves itself with.
  package let receiverConfirmation: [UInt8]

  package init(transcript: borrowing SecretBytes, associatedData: RawSpan) throws(P2PCopyError) {
    let hash = try Self.hash(transcript)
    let secret = Self.half(of: hash, 1)
    let keys = try Self.confirmationKeys(from: secret, associatedData: associatedData)
    let senderKey = Self.half(of: keys, 0)
    let receiverKey = Self.half(of: keys, 1)
    let confirmation = try Self.confirmation(of: transcript, key: senderKey)
    let otherConfirmation = try Self.confirmation(of: transcript, key: receiverKey)
    senderConfirmation = confirmation
    receiverConfirmation = otherConfirmation
    sharedKey = Self.half(of: hash, 0)
    confirmationSecret = secret
    senderConfirmationKey = senderKey
    receiverConfirmationKey = receiverKey
  }

  /// HKDF (RFC 5869) without a salt, for one block of output: extract, then expand.
  private static func confirmationKeys(
    from secret: borrowing SecretBytes, associatedData: RawSpan
  ) throws(P2PCopyError) -> SecretBytes {
    // "If not provided, [the salt] is set to a string of HashLen zeros."
    let extracted = try authenticate(secret, key: SecretBytes(byteCount: hashByteCount) { _ in })
    var info = Array("ConfirmationKeys".utf8)
    associatedData.withUnsafeBytes { info.append(contentsOf: $0) }
    info.append(1)
    return try authenticate(SecretBytes(copying: info.span.bytes), key: extracted)
  }

  private static func confirmation(
    of transcript: borrowing SecretBytes, key: borrowing SecretBytes
  ) throws(P2PCopyError) -> [UInt8] {
    try authenticate(transcript, key: key).withUnsafeBytes { [UInt8]($0) }
  }

  private static func hash(_ message: borrowing SecretBytes) throws(P2PCopyError) -> SecretBytes {
    try SecretBytes(byteCount: hashByteCount, from: message, RawSpan()) { message, _, hash throws(P2PCopyError) in
      let result = EVP_Digest(
        message.baseAddress, message.count, hash.bindMemory(to: UInt8.self).baseAddress, nil, EVP_sha256(), nil)
      guard result == 1 else { throw .libcrypto("hash a transcript") }
    }
  }

  /// HMAC-SHA256.
  private static func authenticate(
    _ message: borrowing SecretBytes, key: borrowing SecretBytes
  ) throws(P2PCopyError) -> SecretBytes {
    try SecretBytes(byteCount: hashByteCount, from: message, key) { message, key, tag throws(P2PCopyError) in
      let result = HMAC(
        EVP_sha256(), key.baseAddress, Int32(clamping: key.count), message.bindMemory(to: UInt8.self).baseAddress,
        message.count, tag.bindMemory(to: UInt8.self).baseAddress, nil)
      guard result != nil else { throw .libcrypto("authenticate a transcript") }
    }
  }

  private static func half(of bytes: borrowing SecretBytes, _ index: Int) -> SecretBytes {
    bytes.withUnsafeBytes { bytes in
      let half = UnsafeRawBufferPointer(rebasing: bytes[index * halfByteCount..<(index + 1) * halfByteCount])
      return SecretBytes(copying: RawSpan(_unsafeBytes: half))
    }
  }
}
