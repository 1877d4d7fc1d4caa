import AESGCM
import Crypto
import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire

extension RecordPeer {
  /// Where the peers meet for a lane.
  func identifier(of lane: LaneAddress) -> String {
    schedule.resumption(negotiationHash: negotiationHash).rendezvous(lane: lane.number, epoch: lane.epoch)
  }

  /// Dials a lane that the other peer waits at.
  ///
  /// - Parameters:
  ///   - lane: Which.
  ///   - relay: Where.
  ///   - receivedCount: How many of the other side's records to claim.
  /// - Returns: The lane, and how many records the other side says it has.
  /// - Throws: When the other peer does not answer as it should.
  func dial(
    _ lane: LaneAddress, at relay: InMemoryRelay, claiming receivedCount: UInt64
  ) async throws -> (lane: RecordLane, sentCount: UInt64) {
    let identifier = identifier(of: lane)
    let connection = try await Self.connect(as: role, to: relay, by: identifier)
    let resumption = schedule.resumption(negotiationHash: negotiationHash)
    func open(_ keys: borrowing LaneKeys, _ sentCount: UInt64) throws -> (lane: RecordLane, sentCount: UInt64) {
      func key(from role: PeerRole) throws -> RecordKey {
        try RecordKey(
          keys.schedule, .dataKey, .dataIV, cipher: AESGCMCipher(), direction: KeyDirection(from: role),
          connection: lane.number, epoch: lane.epoch, context: negotiationHash)
      }
      return (
        RecordLane(
          connection: connection, sealer: RecordSealer(key: try key(from: role), startingAt: sentCount),
          opener: RecordOpener(key: try key(from: role.other), from: role.other, startingAt: receivedCount)), sentCount
      )
    }
    switch role {
    case .sender:
      let kem = try XWingMLKEM768X25519.PrivateKey.generate()
      let offer = HandshakeMessage.LaneOffer(
        lane: lane.number, epoch: lane.epoch, receivedCount: receivedCount,
        kemKey: Array(kem.publicKey.rawRepresentation))
      try await connection.send(.text(HandshakeMessage.laneOffer(offer).encoded()))
      guard case .laneAnswer(let count, let ciphertext, _) = try await Self.next(connection) else {
        throw P2PCopyError(.protocolViolation, "no answer")
      }
      let keys = resumption.keys(
        kemSecret: SecretBytes(copying: try kem.decapsulate(Data(ciphertext))),
        transcript: LaneTranscript(
          rendezvous: identifier, offer: offer, receivedByReceiver: count, kemCiphertext: ciphertext
        ).hash)
      try await connection.send(.text(HandshakeMessage.laneConfirm(keys.confirmation(from: .sender)).encoded()))
      return try open(keys, count)
    case .receiver:
      guard case .laneOffer(let offer) = try await Self.next(connection) else {
        throw P2PCopyError(.protocolViolation, "no offer")
      }
      let encapsulated = try XWingMLKEM768X25519.PublicKey(rawRepresentation: offer.kemKey).encapsulate()
      let ciphertext = Array(encapsulated.encapsulated)
      let keys = resumption.keys(
        kemSecret: SecretBytes(copying: encapsulated.sharedSecret),
        transcript: LaneTranscript(
          rendezvous: identifier, offer: offer, receivedByReceiver: receivedCount, kemCiphertext: ciphertext
        ).hash)
      try await connection.send(
        .text(
          HandshakeMessage.laneAnswer(
            receivedCount: receivedCount, kemCiphertext: ciphertext, confirmation: keys.confirmation(from: .receiver)
          ).encoded()))
      guard case .laneConfirm = try await Self.next(connection) else {
        throw P2PCopyError(.protocolViolation, "no confirmation")
      }
      return try open(keys, offer.receivedCount)
    }
  }
}

/// A lane that a ``RecordPeer`` has dialled.
final class RecordLane: @unchecked Sendable {
  // Used by one test's task.
  let connection: any TransportConnection
  private let sealer: RecordSealer
  private let opener: RecordOpener

  init(connection: any TransportConnection, sealer: RecordSealer, opener: RecordOpener) {
    self.connection = connection
    self.sealer = sealer
    self.opener = opener
  }

  func send(body: [UInt8], as number: UInt64) async throws {
    var record = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
    record.writeBytes(body)
    try sealer.seal(&record, as: number)
    try await connection.send(.binary(record))
  }

  /// Reads to the end.
  ///
  /// - Returns: What the other side said about why it stops, if it did.
  func lastWord() async -> P2PCopyError.Code? {
    var code: P2PCopyError.Code?
    while case .binary(var record)? = try? await connection.receive(), (try? opener.openAny(&record)) != nil {
      let body = Array(record.readableBytesView)
      guard body.first == RecordKind.control.rawValue,
        case .error(let said, _)? = try? SessionMessage(decoding: body.dropFirst())
      else { continue }
      code = said
    }
    return code
  }

  /// Ends in good order whatever the other side said.
  func finish() async {
    _ = await result { try await connection.finish(.normal) }
  }
}
