import Logging
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// Two peers from the handshake to the receipt: the keys, and what they agreed on. It outlives its connections, each of
/// which is a ``Lane``.
final class PeerSession: Sendable {
  /// What this side is.
  let role: PeerRole

  private let schedule: KeySchedule
  private let bootstrapCipher: any Cipher
  private let silenceLimit: Duration
  /// Gets what happens in this session.
  let logger: Logger
  private let agreement = Mutex<Agreement?>(nil)

  /// Offer and selection as they were sealed, and what follows from them.
  private struct Agreement {
    var cipher: any Cipher
    var negotiationHash: [UInt8]
  }

  /// - Parameters:
  ///   - schedule: What the handshake gave.
  ///   - role: What this side is.
  ///   - bootstrapCipher: Seals the records that carry offer and selection.
  ///   - silenceLimit: After this time without hearing anything over a lane that is listened to, it is given up.
  ///   - logger: Gets what happens in this session.
  init(
    schedule: consuming KeySchedule, role: PeerRole, bootstrapCipher: any Cipher, silenceLimit: Duration, logger: Logger
  ) {
    self.schedule = schedule
    self.role = role
    self.bootstrapCipher = bootstrapCipher
    self.silenceLimit = silenceLimit
    self.logger = logger
  }

  /// Makes a lane of a connection, under the keys of its number and epoch: until something is agreed those for offer and
  /// selection, then those for data.
  ///
  /// - Parameters:
  ///   - connection: The connection to the other peer. Nothing of this session was said over it but the handshake.
  ///   - number: Which of the session's lanes it is, from 0.
  ///   - epoch: How often that lane was dialled again. No two lanes of a session have the same number and epoch: they would
  ///     seal with the same keys.
  /// - Returns: The lane.
  /// - Throws: ``P2PCopyError`` when the cipher does not fit protocol 2.
  func openLane(
    over connection: any TransportConnection, number: UInt32 = 0, epoch: UInt32 = 0
  ) throws(P2PCopyError) -> Lane {
    let address = LaneAddress(number: number, epoch: epoch)
    logger.debug("a lane opens", metadata: ["lane": "\(number)", "epoch": "\(epoch)"])
    return Lane(
      connection: connection, address: address, role: role,
      sealer: RecordSealer(key: try key(for: address, from: role)),
      opener: RecordOpener(key: try key(for: address, from: role.other), from: role.other))
  }

  /// Takes offer and selection into all further keys, those of a lane that is open as well.
  ///
  /// - Parameters:
  ///   - cipher: The cipher that was selected.
  ///   - manifest: The sender's message as it was sealed.
  ///   - receiverManifest: The receiver's message as it was sealed.
  ///   - lane: The lane that they travelled over; called by the task that receives from it.
  /// - Throws: ``P2PCopyError`` when the cipher does not fit protocol 2.
  func agree(
    on cipher: any Cipher, manifest: [UInt8], receiverManifest: [UInt8], over lane: Lane
  ) async throws {
    agreement.withLock {
      $0 = Agreement(
        cipher: cipher,
        negotiationHash: KeySchedule.negotiationHash(manifest: manifest, receiverManifest: receiverManifest))
    }
    await lane.changeSendingKey(to: try key(for: lane.address, from: role))
    lane.changeReceivingKey(to: try key(for: lane.address, from: role.other))
  }

  /// Keeps a lane alive, and gives it up when nothing comes over it. Runs until it is cancelled.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/peerLeft`` after too long a silence.
  func keepAlive(_ lane: Lane) async throws {
    try await Liveness(lane: lane, silenceLimit: silenceLimit).run()
  }

  /// The key of what a role sends over a lane.
  private func key(for lane: LaneAddress, from sender: PeerRole) throws(P2PCopyError) -> RecordKey {
    guard let agreement = agreement.withLock({ $0 }) else {
      return try RecordKey(
        schedule, .bootstrapKey, .bootstrapIV, cipher: bootstrapCipher, direction: KeyDirection(from: sender),
        connection: lane.number, epoch: lane.epoch)
    }
    return try RecordKey(
      schedule, .dataKey, .dataIV, cipher: agreement.cipher, direction: KeyDirection(from: sender),
      connection: lane.number, epoch: lane.epoch, context: agreement.negotiationHash)
  }
}
