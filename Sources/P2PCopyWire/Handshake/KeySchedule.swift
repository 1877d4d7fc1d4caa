package import Crypto
package import P2PCopyCore

/// The keys of one session of protocol 2: everything is expanded from one secret, each with a label of its own
/// (RFC 5869).
package struct KeySchedule: ~Copyable, Sendable {
  /// Length in bytes of the session's secret.
  static let sessionByteCount = 32

  /// What a key is for.
  package enum Purpose: String, Sendable, CaseIterable {
    /// The two records that carry offer and selection.
    case bootstrapKey = "bootstrap key"
    /// The nonces of those records.
    case bootstrapIV = "bootstrap iv"
    /// Every other record.
    case dataKey = "data key"
    /// The nonces of every other record.
    case dataIV = "data iv"
    /// What proves that both peers have the keys of a lane that was dialled again.
    case laneConfirmation = "lane confirmation"
  }

  private let session: SecretBytes

  /// Derives the session's secret: `HKDF-SHA256(IKM = shared key || KEM secret, salt, info "p2p-copy/2 session", 32)`.
  ///
  /// - Parameters:
  ///   - sharedKey: What the key exchange gave.
  ///   - kemSecret: What the key encapsulation gave, 32 bytes.
  ///   - salt: ``HandshakeTranscript/salt(senderShare:receiverShare:receiverConfirmation:senderConfirmation:)``.
  package init(sharedKey: borrowing SecretBytes, kemSecret: borrowing SecretBytes, salt: [UInt8]) {
    self.init(from: sharedKey, kemSecret, salt: salt, label: "p2p-copy/2 session")
  }

  /// Derives a secret from two: `HKDF-SHA256(IKM = first || second, salt, info = label, 32)`.
  init(from first: borrowing SecretBytes, _ second: borrowing SecretBytes, salt: [UInt8], label: String) {
    let firstCount = first.byteCount
    let material = first.withUnsafeBytes { first in
      second.withUnsafeBytes { second in
        SecretBytes(byteCount: firstCount + second.count) { (memory: inout MutableRawSpan) in
          memory.withUnsafeMutableBytes { memory in
            memory.copyMemory(from: first)
            UnsafeMutableRawBufferPointer(rebasing: memory[firstCount...]).copyMemory(from: second)
          }
        }
      }
    }
    let key = material.withUnsafeBytes { SymmetricKey(data: $0) }
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, salt: salt, info: Array(label.utf8), outputByteCount: Self.sessionByteCount)
    session = SecretBytes(copying: derived)
  }

  /// What later lanes of the session are made from: `HKDF-Expand(session, "p2p-copy/2 resumption" || 0x00 || negotiation
  /// hash, 32)`.
  ///
  /// - Parameter negotiationHash: ``negotiationHash(manifest:receiverManifest:)``.
  /// - Returns: The secret.
  package func resumption(negotiationHash: [UInt8]) -> ResumptionSecret {
    let info = Array("p2p-copy/2 resumption".utf8) + [0] + negotiationHash
    let derived = session.withUnsafeBytes { session in
      HKDF<SHA256>.expand(
        pseudoRandomKey: SymmetricKey(data: session), info: info, outputByteCount: Self.sessionByteCount)
    }
    return ResumptionSecret(SecretBytes(copying: derived))
  }

  /// Expands a key.
  ///
  /// `HKDF-Expand(session, info, byteCount)` with info = `p2p-copy/2 ` || the purpose's text || 0x00 || direction (u8: 0
  /// from sender to receiver, 1 back) || connection (u32 big endian) || epoch (u32 big endian) || context.
  ///
  /// - Parameters:
  ///   - purpose: What for.
  ///   - direction: Which way the records travel.
  ///   - connection: The number of the connection, 0 for the first.
  ///   - epoch: How often it was dialled again.
  ///   - context: For the data keys ``negotiationHash(manifest:receiverManifest:)``; nothing for the others.
  ///   - byteCount: How many bytes, at most 8160.
  /// - Returns: `byteCount` bytes.
  package func expand(
    _ purpose: Purpose, direction: KeyDirection, connection: UInt32 = 0, epoch: UInt32 = 0, context: [UInt8] = [],
    byteCount: Int
  ) -> SecretBytes {
    let info =
      Array("p2p-copy/2 \(purpose.rawValue)".utf8) + [0, direction.rawValue] + connection.bigEndianBytes
      + epoch.bigEndianBytes + context
    let derived = session.withUnsafeBytes { session in
      HKDF<SHA256>.expand(
        pseudoRandomKey: SymmetricKey(data: session), info: info, outputByteCount: byteCount)
    }
    return SecretBytes(copying: derived)
  }

  /// What the data keys mix in, so that nobody can have changed offer or selection: SHA-256 over the text
  /// `p2p-copy/2 negotiation`, a zero byte, and both messages as they were sealed, each behind its length (u32 big endian).
  package static func negotiationHash(manifest: [UInt8], receiverManifest: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: Array("p2p-copy/2 negotiation".utf8) + [0])
    for part in [manifest, receiverManifest] {
      hash.update(data: UInt32(clamping: part.count).bigEndianBytes)
      hash.update(data: part)
    }
    return Array(hash.finalize())
  }
}

extension SecretBytes {
  /// Copies a key.
  package init(copying key: SymmetricKey) {
    self.init(byteCount: key.bitCount / 8) { (memory: inout MutableRawSpan) in
      memory.withUnsafeMutableBytes { memory in key.withUnsafeBytes { memory.copyMemory(from: $0) } }
    }
  }
}
