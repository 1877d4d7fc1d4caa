import Crypto

/// What both peers of a handshake have seen, reduced to the hashes that bind it.
package struct HandshakeTranscript: Sendable {
  /// Length in bytes of an X-Wing public key (draft-connolly-cfrg-xwing-kem, section 5.4).
  package static let kemKeyByteCount = 1216

  /// Length in bytes of an X-Wing ciphertext.
  package static let kemCiphertextByteCount = 1120

  /// The associated data of the confirmations, 32 bytes: SHA-256 over the text `p2p-copy/2 handshake`, a zero byte, the
  /// rendezvous id as it was sent, the protocol numbers of sender and receiver (u32 big endian each), the KEM key and the
  /// KEM ciphertext.
  package let associatedData: [UInt8]

  /// Computes the associated data.
  ///
  /// - Parameters:
  ///   - rendezvous: The rendezvous id, hexadecimal text.
  ///   - senderProtocol: The protocol number in the sender's `pake`.
  ///   - receiverProtocol: The protocol number in the receiver's `pake`.
  ///   - kemKey: The sender's ephemeral key.
  ///   - kemCiphertext: The receiver's ciphertext.
  package init(
    rendezvous: String, senderProtocol: UInt32, receiverProtocol: UInt32, kemKey: [UInt8], kemCiphertext: [UInt8]
  ) {
    var hash = SHA256()
    hash.update(data: Array("p2p-copy/2 handshake".utf8) + [0])
    hash.update(data: Array(rendezvous.utf8))
    hash.update(data: senderProtocol.bigEndianBytes)
    hash.update(data: receiverProtocol.bigEndianBytes)
    hash.update(data: kemKey)
    hash.update(data: kemCiphertext)
    associatedData = Array(hash.finalize())
  }

  /// The salt of the session's key, 32 bytes: SHA-256 over the text `p2p-copy/2 transcript`, a zero byte, the associated
  /// data, both shares and both confirmations, the sender's share first and the receiver's confirmation first, as sent.
  package func salt(
    senderShare: [UInt8], receiverShare: [UInt8], receiverConfirmation: [UInt8], senderConfirmation: [UInt8]
  ) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: Array("p2p-copy/2 transcript".utf8) + [0])
    for part in [associatedData, senderShare, receiverShare, receiverConfirmation, senderConfirmation] {
      hash.update(data: part)
    }
    return Array(hash.finalize())
  }
}

extension FixedWidthInteger {
  /// The bytes, the most significant first.
  var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
