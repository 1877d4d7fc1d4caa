import Crypto
package import P2PCopyCore

/// What both peers keep of a session's secret, to find each other again and to prove that they are the same ones.
///
/// No record is sealed with anything that follows from it alone: each lane that is dialled again has the secret of a key
/// encapsulation of its own in its keys, so that whoever gets this one later can read nothing that was sent before.
package struct ResumptionSecret: ~Copyable, Sendable {
  private let secret: SecretBytes

  init(_ secret: consuming SecretBytes) {
    self.secret = secret
  }

  /// Where the peers meet for a lane: `hex(HKDF-Expand(resumption, "p2p-copy/2 lane" || 0x00 || u32 lane || u32 epoch, 32))`.
  /// Whoever stands between cannot tell that two of these belong to one session, nor that one belongs to a code.
  ///
  /// - Parameters:
  ///   - lane: The number of the lane.
  ///   - epoch: How often it was dialled again, this time included.
  /// - Returns: 64 digits.
  package func rendezvous(lane: UInt32, epoch: UInt32) -> String {
    let info = Array("p2p-copy/2 lane".utf8) + [0] + lane.bigEndianBytes + epoch.bigEndianBytes
    let derived = secret.withUnsafeBytes { secret in
      HKDF<SHA256>.expand(pseudoRandomKey: SymmetricKey(data: secret), info: info, outputByteCount: 32)
    }
    return derived.withUnsafeBytes { Hex.encode($0) }
  }

  /// The keys of one lane: `HKDF-SHA256(IKM = resumption || KEM secret, salt = transcript, info "p2p-copy/2 lane session",
  /// 32)`.
  ///
  /// - Parameters:
  ///   - kemSecret: What this lane's key encapsulation gave, 32 bytes.
  ///   - transcript: ``LaneTranscript/hash``.
  /// - Returns: The keys.
  package func keys(kemSecret: borrowing SecretBytes, transcript: [UInt8]) -> LaneKeys {
    LaneKeys(
      schedule: KeySchedule(from: secret, kemSecret, salt: transcript, label: "p2p-copy/2 lane session"),
      transcript: transcript)
  }
}

/// The keys of one lane that was dialled again: those of its records, and what proves that both peers have them.
package struct LaneKeys: ~Copyable, Sendable {
  /// Expands the keys of its records.
  package let schedule: KeySchedule

  private let transcript: [UInt8]

  init(schedule: consuming KeySchedule, transcript: [UInt8]) {
    self.schedule = schedule
    self.transcript = transcript
  }

  /// What a peer sends to prove that it has the keys: `HMAC-SHA256(expand("lane confirmation", direction, 32), transcript)`.
  package func confirmation(from role: PeerRole) -> [UInt8] {
    authenticator(from: role).withUnsafeBytes { Array($0) }
  }

  /// Compares a confirmation in constant time.
  package func isValid(_ confirmation: [UInt8], from role: PeerRole) -> Bool {
    key(of: role).withUnsafeBytes { key in
      HMAC<SHA256>.isValidAuthenticationCode(
        confirmation, authenticating: transcript, using: SymmetricKey(data: key))
    }
  }

  private func authenticator(from role: PeerRole) -> HMAC<SHA256>.MAC {
    key(of: role).withUnsafeBytes { key in
      HMAC<SHA256>.authenticationCode(for: transcript, using: SymmetricKey(data: key))
    }
  }

  private func key(of role: PeerRole) -> SecretBytes {
    schedule.expand(.laneConfirmation, direction: KeyDirection(from: role), byteCount: 32)
  }
}

/// What both peers have said to each other before the first record of a lane that was dialled again.
package struct LaneTranscript: Sendable {
  /// SHA-256 over the text `p2p-copy/2 lane exchange`, a zero byte, the rendezvous id as it was sent, lane and epoch (u32
  /// big endian each), how many records the sender and the receiver have (u64 big endian each), the KEM key and the KEM
  /// ciphertext.
  package let hash: [UInt8]

  /// Computes the hash.
  ///
  /// - Parameters:
  ///   - rendezvous: The rendezvous id, hexadecimal text.
  ///   - offer: The sender's message.
  ///   - receivedByReceiver: What the receiver's message says it has.
  ///   - kemCiphertext: The receiver's ciphertext.
  package init(
    rendezvous: String, offer: HandshakeMessage.LaneOffer, receivedByReceiver: UInt64, kemCiphertext: [UInt8]
  ) {
    var hash = SHA256()
    hash.update(data: Array("p2p-copy/2 lane exchange".utf8) + [0])
    hash.update(data: Array(rendezvous.utf8))
    hash.update(data: offer.lane.bigEndianBytes)
    hash.update(data: offer.epoch.bigEndianBytes)
    hash.update(data: offer.receivedCount.bigEndianBytes)
    hash.update(data: receivedByReceiver.bigEndianBytes)
    hash.update(data: offer.kemKey)
    hash.update(data: kemCiphertext)
    self.hash = Array(hash.finalize())
  }
}
