import Crypto
import FoundationEssentials
import P2PCopyCore
import P2PCopyWire

/// The handshake: SPAKE2 with the code's secret part, combined with an ephemeral X-Wing key encapsulation.
///
/// Sender → receiver share and KEM key; receiver → sender share, ciphertext and confirmation; sender → receiver
/// confirmation. The confirmations cover all of it.
struct Handshake: Sendable {
  let connection: HandshakeConnection
  let rendezvous: String
  /// How long the other side may take for one step.
  let stepTimeout: Duration

  /// What a sender says in a handshake.
  enum SenderStep: Sendable {
    case begin
    case confirm
  }

  private static var notNeeded: P2PCopyError { P2PCopyError(.peerLeft, "another way to the receiver was quicker") }

  /// The sender's part.
  ///
  /// - Parameters:
  ///   - exchange: The key exchange.
  ///   - may: Asked before each message goes out. From the second on the receiver goes on with this handshake; from the first on
  ///     a handshake that is broken off may look like a guess to it.
  /// - Returns: The keys of the session.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/wrongCode`` when the receiver does not know the code; it has
  ///   been told then.
  func run(
    asSenderWith exchange: any KeyExchangeContext, if may: (SenderStep) -> Bool
  ) async throws -> KeySchedule {
    let kem = try Self.encapsulating { try XWingMLKEM768X25519.PrivateKey.generate() }
    let kemKey = Array(kem.publicKey.rawRepresentation)
    let share = exchange.share
    guard may(.begin) else { throw Self.notNeeded }
    try await connection.send(
      .senderPake(protocolNumber: HandshakeMessage.protocolNumber, share: share, kemKey: kemKey))
    let answer = try await step { message in
      if case .receiverPake = message { true } else { false }
    }
    guard case .receiverPake(let number, let peerShare, let ciphertext, let confirmation) = answer else {
      throw outOfTurn
    }
    try check(number)
    guard ciphertext.count == HandshakeTranscript.kemCiphertextByteCount else { throw malformed("KEM ciphertext") }
    let transcript = HandshakeTranscript(
      rendezvous: rendezvous, senderProtocol: HandshakeMessage.protocolNumber, receiverProtocol: number,
      kemKey: kemKey, kemCiphertext: ciphertext)
    let result = try exchange.finish(
      peerShare: peerShare.span.bytes, associatedData: transcript.associatedData.span.bytes)
    guard Self.areEqual(confirmation, result.expectedConfirmation) else { throw await refuse() }
    let secret = try Self.encapsulating { try kem.decapsulate(Data(ciphertext)) }
    guard may(.confirm) else { throw Self.notNeeded }
    try await connection.send(.confirm(result.confirmation))
    return KeySchedule(
      sharedKey: result.sharedKey, kemSecret: SecretBytes(copying: secret),
      salt: transcript.salt(
        senderShare: share, receiverShare: peerShare, receiverConfirmation: confirmation,
        senderConfirmation: result.confirmation))
  }

  /// The receiver's part.
  ///
  /// This side is the first to confirm, and by its confirmation whoever plays the sender learns whether one guess of the
  /// code was right. So every end from there to a valid confirmation of the sender counts as a guess, whatever it looks
  /// like: to be asked to run again with the same code is what a guesser wants.
  ///
  /// - Parameters:
  ///   - exchange: The key exchange.
  ///   - firstMessage: What the sender has said already.
  /// - Returns: The keys of the session.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/wrongCode`` when the sender does not know the code, says that
  ///   this side does not, or may have tested a guess.
  func run(
    asReceiverWith exchange: any KeyExchangeContext, after firstMessage: TransportMessage?
  ) async throws -> KeySchedule {
    let pake = try await step(after: firstMessage) { message in
      if case .senderPake = message { true } else { false }
    }
    guard case .senderPake(let number, let peerShare, let kemKey) = pake else { throw outOfTurn }
    try check(number)
    guard kemKey.count == HandshakeTranscript.kemKeyByteCount else { throw malformed("KEM key") }
    let encapsulated = try Self.encapsulating {
      try XWingMLKEM768X25519.PublicKey(rawRepresentation: kemKey).encapsulate()
    }
    let ciphertext = Array(encapsulated.encapsulated)
    let transcript = HandshakeTranscript(
      rendezvous: rendezvous, senderProtocol: number, receiverProtocol: HandshakeMessage.protocolNumber,
      kemKey: kemKey, kemCiphertext: ciphertext)
    let share = exchange.share
    let result = try exchange.finish(
      peerShare: peerShare.span.bytes, associatedData: transcript.associatedData.span.bytes)
    let confirmation: [UInt8]
    do {
      try await connection.send(
        .receiverPake(
          protocolNumber: HandshakeMessage.protocolNumber, share: share, kemCiphertext: ciphertext,
          confirmation: result.confirmation))
      let answer = try await step { message in
        if case .confirm = message { true } else { false }
      }
      guard case .confirm(let received) = answer else { throw outOfTurn }
      guard Self.areEqual(received, result.expectedConfirmation) else { throw await refuse() }
      confirmation = received
    } catch {
      throw Self.possibleGuess(endingWith: error)
    }
    return KeySchedule(
      sharedKey: result.sharedKey, kemSecret: SecretBytes(copying: encapsulated.sharedSecret),
      salt: transcript.salt(
        senderShare: peerShare, receiverShare: share, receiverConfirmation: result.confirmation,
        senderConfirmation: confirmation))
  }

  /// What a peer says when the codes differ.
  static func wrongCode(_ role: PeerRole) -> P2PCopyError {
    switch role {
    case .sender:
      P2PCopyError(
        .wrongCode,
        "somebody tried to receive with another code, and nothing was sent: it was mistyped, or somebody guessed",
        remedy: .changeCode)
    case .receiver:
      P2PCopyError(
        .wrongCode, "the code differs from the sender's, which has stopped", remedy: .compareCodes)
    }
  }

  /// What the receiver says when the handshake ends after its confirmation is out and before the sender's has come.
  static func possibleGuess(endingWith error: any Error) -> P2PCopyError {
    let meaning = "which may have been somebody's guess at it"
    if Task.isCancelled || error is CancellationError {
      return P2PCopyError(
        .cancelled,
        "interrupted while the other side had yet to prove that it knows the code, \(meaning)", remedy: .changeCode)
    }
    let known = error as? P2PCopyError
    let what: String
    switch known?.code {
    case .wrongCode?: return known ?? wrongCode(.receiver)
    // Their messages say that somebody left, which is no remark on a guess.
    case .peerLeft?: what = "it left or said nothing more"
    case .peerFailed?, .relayRefused?: what = "it or the relay broke off"
    default: what = known?.message ?? "it broke off"
    }
    return P2PCopyError(
      .wrongCode, "the sender did not prove that it knows the code (\(what)), \(meaning)", remedy: .changeCode,
      cause: known?.cause)
  }

  /// What the sender says when the receiver, whose own confirmation was right, refuses the sender's.
  static var confirmationRefused: P2PCopyError {
    P2PCopyError(
      .wrongCode,
      "the receiver knows the code and was told that this side does not: the relay, or somebody on the way, interferes;"
        + " nothing was sent",
      remedy: .changeCodeAndRelay)
  }

  private func refuse() async -> P2PCopyError {
    try? await connection.send(.wrongCode)
    return Self.wrongCode(connection.role)
  }

  private func step(
    after firstMessage: TransportMessage? = nil, _ isExpected: @escaping @Sendable (HandshakeMessage) -> Bool
  ) async throws -> HandshakeMessage {
    try await connection.receive(
      after: firstMessage, within: stepTimeout,
      orThrow: P2PCopyError(
        .peerLeft,
        "the \(connection.role.other) did not answer within \(stepTimeout.components.seconds) seconds",
        remedy: .runAgain),
      isExpected)
  }

  private func check(_ number: UInt32) throws(P2PCopyError) {
    guard number == HandshakeMessage.protocolNumber else {
      throw P2PCopyError(
        .protocolViolation,
        "the \(connection.role.other) speaks protocol \(number), this side protocol 2",
        remedy: .useSameVersion)
    }
  }

  private var outOfTurn: P2PCopyError { P2PCopyError(.protocolViolation, "a handshake message came out of turn") }

  private func malformed(_ what: String) -> P2PCopyError {
    P2PCopyError(.protocolViolation, "the \(connection.role.other)'s \(what) is malformed")
  }

  /// Compares in time that depends on the lengths only.
  private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// Runs a step of a key encapsulation.
  ///
  /// - Parameter body: The step.
  /// - Returns: What it gave.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``: it fails only by what the other side sent.
  static func encapsulating<Result>(_ body: () throws -> Result) throws(P2PCopyError) -> Result {
    do {
      return try body()
    } catch {
      throw P2PCopyError(.protocolViolation, "the key encapsulation failed", cause: error)
    }
  }
}
