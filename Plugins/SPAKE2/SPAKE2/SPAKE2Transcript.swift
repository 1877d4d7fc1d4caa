import P2PCopyCore

/// The transcript TT of RFC 9382, section 3.3: every part behind its length as a 64-bit little-endian number.
enum SPAKE2Transcript {
  /// Writes the transcript; it holds the password and the key and is therefore a secret.
  static func make(
    identities: KeyExchangeIdentities, senderShare: [UInt8], receiverShare: [UInt8], key: borrowing SecretBytes,
    password: borrowing SecretBytes
  ) -> SecretBytes {
    let publicParts = [identities.sender, identities.receiver, senderShare, receiverShare]
    let byteCount =
      publicParts.reduce(0) { $0 + 8 + $1.count } + 8 + key.byteCount + 8 + password.byteCount
    return SecretBytes(byteCount: byteCount) { transcript in
      transcript.withUnsafeMutableBytes { room in
        var offset = 0
        func append(_ part: UnsafeRawBufferPointer) {
          room.storeBytes(of: UInt64(part.count).littleEndian, toByteOffset: offset, as: UInt64.self)
          offset += 8
          UnsafeMutableRawBufferPointer(rebasing: room[offset...]).copyMemory(from: part)
          offset += part.count
        }
        for part in publicParts { part.withUnsafeBytes { append($0) } }
        key.withUnsafeBytes { append($0) }
        password.withUnsafeBytes { append($0) }
      }
    }
  }
}
