package import P2PCopyCore

/// Key and IV of the records in one direction.
package struct RecordKey: ~Copyable {
  /// Length of IV and nonce in bytes.
  static let ivByteCount = 12

  package let context: any CipherContext
  let iv: [UInt8]
  package let tagByteCount: Int

  /// Makes the key ready for use.
  ///
  /// - Parameters:
  ///   - cipher: The cipher; must take nonces of 12 bytes.
  ///   - key: As many bytes as the cipher takes.
  ///   - iv: ``ivByteCount`` bytes.
  /// - Throws: ``P2PCopyError`` when the cipher does not fit.
  package init(cipher: any Cipher, key: borrowing SecretBytes, iv: borrowing SecretBytes) throws(P2PCopyError) {
    guard cipher.nonceByteCounts.contains(Self.ivByteCount), iv.byteCount == Self.ivByteCount,
      (1...Self.maximumTagByteCount).contains(cipher.tagByteCount)
    else {
      throw P2PCopyError(
        .noCommonCodec, "the cipher \(cipher.name) takes no nonces of \(Self.ivByteCount) bytes, which protocol 2 needs"
      )
    }
    context = try cipher.makeContext(key: key)
    self.iv = iv.withUnsafeBytes { Array($0) }
    tagByteCount = cipher.tagByteCount
  }

  /// The longest tag a cipher may have in protocol 2.
  static let maximumTagByteCount = 64

  /// Derives the key of one direction of one connection from a session's schedule.
  ///
  /// - Throws: ``P2PCopyError`` when the cipher does not fit.
  package init(
    _ schedule: borrowing KeySchedule, _ key: KeySchedule.Purpose, _ iv: KeySchedule.Purpose, cipher: any Cipher,
    direction: KeyDirection, connection: UInt32 = 0, epoch: UInt32 = 0, context: [UInt8] = []
  ) throws(P2PCopyError) {
    try self.init(
      cipher: cipher,
      key: schedule.expand(
        key, direction: direction, connection: connection, epoch: epoch, context: context,
        byteCount: cipher.keyByteCount),
      iv: schedule.expand(
        iv, direction: direction, connection: connection, epoch: epoch, context: context,
        byteCount: Self.ivByteCount))
  }

  /// Calls `body` with the nonce of a record: the IV with the record's number, big endian, XORed into its end.
  func withNonce<Result>(
    of sequenceNumber: UInt64, _ body: (RawSpan) throws(P2PCopyError) -> Result
  ) throws(P2PCopyError) -> Result {
    var nonce: InlineArray<12, UInt8> = .init(repeating: 0)
    for index in 0..<4 { nonce[index] = iv[index] }
    for index in 0..<8 {
      nonce[4 + index] = iv[4 + index] ^ UInt8(truncatingIfNeeded: sequenceNumber >> UInt64(56 - 8 * index))
    }
    return try body(nonce.span.bytes)
  }
}

/// Which way a record travels. Each direction has keys of its own.
package enum KeyDirection: UInt8, Sendable, CaseIterable {
  case senderToReceiver = 0
  case receiverToSender = 1

  /// The direction in which a peer of that role sends.
  package init(from role: PeerRole) {
    self = role == .sender ? .senderToReceiver : .receiverToSender
  }
}
