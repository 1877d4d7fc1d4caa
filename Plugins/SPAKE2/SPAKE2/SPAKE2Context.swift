package import P2PCopyCore

/// One run of SPAKE2 at one side.
package final class SPAKE2Context: KeyExchangeContext {
  /// pA at the sender, pB at the receiver.
  package let share: [UInt8]

  private let role: PeerRole
  private let identities: KeyExchangeIdentities
  private let curve: P256
  private let password: SecretNumber
  private let scalar: SecretNumber
  private var isFinished = false

  /// Makes the share: the password times M (sender) or N (receiver), plus the scalar times the generator.
  init(
    as role: PeerRole, password: SecretNumber, scalar: SecretNumber, identities: KeyExchangeIdentities, curve: P256
  ) throws(P2PCopyError) {
    self.role = role
    self.identities = identities
    self.curve = curve
    self.password = password
    self.scalar = scalar
    let blind = try Self.blind(of: role, password: password, curve: curve)
    let share = try curve.add(blind, curve.generator(times: scalar))
    self.share = try curve.encoded(share).withUnsafeBytes { [UInt8]($0) }
  }

  package func finish(peerShare: RawSpan, associatedData: RawSpan) throws(P2PCopyError) -> KeyExchangeResult {
    let schedule = try SPAKE2Schedule(
      transcript: transcript(peerShare: peerShare), associatedData: associatedData)
    let isSender = role == .sender
    return KeyExchangeResult(
      sharedKey: schedule.sharedKey,
      confirmation: isSender ? schedule.senderConfirmation : schedule.receiverConfirmation,
      expectedConfirmation: isSender ? schedule.receiverConfirmation : schedule.senderConfirmation)
  }

  /// Computes the key K and writes the transcript. May be called once, whether it succeeds or not: each answer to another
  /// share would be one more guess at the password.
  ///
  /// - Parameter peerShare: The other side's share; it may be anything.
  /// - Returns: The transcript, which is secret.
  /// - Throws: `P2PCopyError` with code `protocolViolation` when the share is not valid.
  package func transcript(peerShare: RawSpan) throws(P2PCopyError) -> SecretBytes {
    guard !isFinished else { throw P2PCopyError(.internalError, "a run of a key exchange was finished twice") }
    isFinished = true
    let key = try key(peerShare: peerShare)
    let peerShare = peerShare.withUnsafeBytes { [UInt8]($0) }
    let isSender = role == .sender
    return SPAKE2Transcript.make(
      identities: identities, senderShare: isSender ? share : peerShare, receiverShare: isSender ? peerShare : share,
      key: try curve.encoded(key), password: try password.bytes(P256.scalarByteCount))
  }

  /// The scalar times what remains of the other side's share without its blind. The cofactor of P-256 is 1.
  private func key(peerShare: RawSpan) throws(P2PCopyError) -> CurvePoint {
    // The compressed and hybrid encodings of the same point would be other transcripts.
    guard peerShare.byteCount == P256.pointByteCount, peerShare.unsafeLoad(as: UInt8.self) == 0x04 else {
      throw refusal("it is not an uncompressed point")
    }
    guard let share = try curve.point(from: peerShare) else { throw refusal("it is not on the curve") }
    let blind = try Self.blind(of: role.other, password: password, curve: curve)
    let key = try curve.multiply(curve.subtract(blind, from: share), by: scalar)
    // Nobody hits upon such a share by chance: it is the blind itself, and that takes a right guess of the password.
    guard !curve.isIdentity(key) else {
      throw refusal("it gives no key, and only a right guess of the code leads to such a one", remedy: .changeCode)
    }
    return key
  }

  private static func blind(of role: PeerRole, password: SecretNumber, curve: P256) throws(P2PCopyError) -> CurvePoint {
    let constant = role == .sender ? SPAKE2Constants.m : SPAKE2Constants.n
    guard let point = try curve.point(from: constant.span.bytes) else {
      throw P2PCopyError(.internalError, "a constant of SPAKE2 is not on the curve")
    }
    return try curve.multiply(point, by: password)
  }

  private func refusal(_ why: String, remedy: P2PCopyError.Remedy? = nil) -> P2PCopyError {
    P2PCopyError(
      .protocolViolation, "the other side's share for the key exchange is not valid: \(why)", remedy: remedy)
  }
}
