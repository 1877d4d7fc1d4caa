import Crypto
import FoundationEssentials
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// The exchange over a lane that is dialled again: fresh ephemeral keys, and each peer's proof that it has been in this
/// session.
///
/// Sender → receiver: ephemeral X-Wing key; receiver → sender: ciphertext and confirmation; sender → receiver: confirmation.
/// Each says how many of the other side's records it has, and the confirmations cover all of it.
struct LaneExchange: Sendable {
  /// A lane, and from where to go on.
  struct Outcome: Sendable {
    var lane: Lane
    /// How many of this side's records the other side has.
    var sentCount: UInt64
  }

  let session: PeerSession
  let connection: any TransportConnection
  let address: LaneAddress
  let rendezvous: String
  /// How many of the other side's records this side has.
  let receivedCount: UInt64
  /// How long the other side may take for one step.
  let stepTimeout: Duration

  private var messages: HandshakeConnection {
    HandshakeConnection(transportConnection: connection, role: session.role)
  }

  /// The sender's part.
  ///
  /// - Parameter mayConfirm: Asked before the confirmation goes out, from which on the receiver may use this lane.
  /// - Returns: The lane.
  /// - Throws: ``P2PCopyError``.
  func run(asSenderIf mayConfirm: () -> Bool) async throws -> Outcome {
    let kem = try Handshake.encapsulating { try XWingMLKEM768X25519.PrivateKey.generate() }
    let offer = HandshakeMessage.LaneOffer(
      lane: address.number, epoch: address.epoch, receivedCount: receivedCount,
      kemKey: Array(kem.publicKey.rawRepresentation))
    try await messages.send(.laneOffer(offer))
    let answer = try await step { if case .laneAnswer = $0 { true } else { false } }
    guard case .laneAnswer(let receivedByReceiver, let ciphertext, let confirmation) = answer,
      ciphertext.count == HandshakeTranscript.kemCiphertextByteCount
    else { throw malformed }
    let secret = SecretBytes(copying: try Handshake.encapsulating { try kem.decapsulate(Data(ciphertext)) })
    let keys = try session.laneKeys(
      kemSecret: secret,
      LaneTranscript(
        rendezvous: rendezvous, offer: offer, receivedByReceiver: receivedByReceiver, kemCiphertext: ciphertext))
    guard keys.isValid(confirmation, from: .receiver) else { throw stranger }
    guard mayConfirm() else { throw P2PCopyError(.peerLeft, "another way to the receiver was quicker") }
    try await messages.send(.laneConfirm(keys.confirmation(from: .sender)))
    return try open(keys, sentCount: receivedByReceiver)
  }

  /// The receiver's part.
  ///
  /// - Parameters:
  ///   - firstMessage: What the sender has said already.
  ///   - willAnswer: Called before the answer goes out, from which on the sender may use this lane.
  /// - Returns: The lane.
  /// - Throws: ``P2PCopyError``.
  func run(asReceiverAfter firstMessage: TransportMessage?, _ willAnswer: () -> Void) async throws -> Outcome {
    let first = try await step(after: firstMessage) { if case .laneOffer = $0 { true } else { false } }
    guard case .laneOffer(let offer) = first, offer.lane == address.number, offer.epoch == address.epoch,
      offer.kemKey.count == HandshakeTranscript.kemKeyByteCount
    else { throw malformed }
    let encapsulated = try Handshake.encapsulating {
      try XWingMLKEM768X25519.PublicKey(rawRepresentation: offer.kemKey).encapsulate()
    }
    let ciphertext = Array(encapsulated.encapsulated)
    let keys = try session.laneKeys(
      kemSecret: SecretBytes(copying: encapsulated.sharedSecret),
      LaneTranscript(
        rendezvous: rendezvous, offer: offer, receivedByReceiver: receivedCount, kemCiphertext: ciphertext))
    willAnswer()
    try await messages.send(
      .laneAnswer(
        receivedCount: receivedCount, kemCiphertext: ciphertext, confirmation: keys.confirmation(from: .receiver)))
    let answer = try await step { if case .laneConfirm = $0 { true } else { false } }
    guard case .laneConfirm(let confirmation) = answer, keys.isValid(confirmation, from: .sender) else {
      throw stranger
    }
    return try open(keys, sentCount: offer.receivedCount)
  }

  private func open(_ keys: borrowing LaneKeys, sentCount: UInt64) throws(P2PCopyError) -> Outcome {
    Outcome(
      lane: try session.openLane(
        over: connection, address, keys, sentCount: sentCount, receivedCount: receivedCount),
      sentCount: sentCount)
  }

  private func step(
    after firstMessage: TransportMessage? = nil, _ isExpected: @escaping @Sendable (HandshakeMessage) -> Bool
  ) async throws -> HandshakeMessage {
    try await messages.receive(
      after: firstMessage, within: stepTimeout,
      orThrow: P2PCopyError(.peerLeft, "the \(session.role.other) did not answer while connecting again"), isExpected)
  }

  private var malformed: P2PCopyError {
    P2PCopyError(.protocolViolation, "a message of somebody who connected again is malformed or out of turn")
  }

  private var stranger: P2PCopyError {
    P2PCopyError(
      .protocolViolation, "somebody who connected again could not prove to be the \(session.role.other)",
      remedy: .changeRelay)
  }
}
