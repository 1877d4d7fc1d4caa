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
  /// After this time without hearing anything over a lane that is listened to, it is given up.
  let silenceLimit: Duration
  /// Gets what happens in this session.
  let logger: Logger

  private let bootstrapCipher: any Cipher
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var secret: Secret
    /// The newest lane of each number.
    var lanes: [UInt32: Lane] = [:]
    /// How many were opened.
    var openingCount = 0

    /// What tells the next lane from all others.
    mutating func nextIdentity() -> LaneIdentity {
      openingCount += 1
      return LaneIdentity(openingCount)
    }
  }

  /// What keys are made from: as little as is needed for those to come.
  private enum Secret: ~Copyable {
    /// What the handshake gave; until something is agreed.
    case session(KeySchedule)
    /// What later lanes are made from, and what was agreed.
    case resumption(ResumptionSecret, Agreement)
  }

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
    state = Mutex(State(secret: .session(schedule)))
    self.role = role
    self.bootstrapCipher = bootstrapCipher
    self.silenceLimit = silenceLimit
    self.logger = logger
  }

  /// The newest lane of each number, open or lost, the first one first.
  var lanes: [Lane] { state.withLock { state in state.lanes.sorted { $0.key < $1.key }.map(\.value) } }

  /// Tells the other side, as far as it can still be told, why this side stops, and ends all lanes.
  func end(because error: any Error) async {
    let lanes = lanes
    await withDiscardingTaskGroup { group in
      for lane in lanes {
        group.addTask {
          // Over each, in front of its end: which one comes first, or comes at all, nobody knows.
          await lane.reportFailure(error)
          await Goodbye.say(error, over: lane.connection, role: self.role)
        }
      }
    }
  }

  /// Whether lanes can be dialled again.
  var hasAgreed: Bool {
    state.withLock { state in
      switch state.secret {
      case .session: false
      case .resumption: true
      }
    }
  }

  /// Makes the first lane, of the connection that the handshake went over: under the keys for offer and selection until
  /// something is agreed, then under those for data.
  ///
  /// - Parameter connection: The connection. Nothing of this session was said over it but the handshake.
  /// - Returns: The lane.
  /// - Throws: ``P2PCopyError`` when the cipher does not fit protocol 2.
  func openFirstLane(over connection: any TransportConnection) throws(P2PCopyError) -> Lane {
    let (role, cipher) = (role, bootstrapCipher)
    logger.debug("a lane opens", metadata: ["lane": "0", "epoch": "0"])
    return try state.withLock { (state: inout State) throws(P2PCopyError) in
      let identity = state.nextIdentity()
      let lane: Lane
      switch state.secret {
      case .session(let schedule):
        let keys = try LaneKeyPair(bootstrapFrom: schedule, cipher, role)
        lane = Lane(
          connection: connection, address: LaneAddress(number: 0, epoch: 0), identity: identity, role: role,
          sealer: RecordSealer(key: keys.sending.take()),
          opener: RecordOpener(key: keys.receiving.take(), from: role.other))
      case .resumption: throw Self.outOfTurn("a first lane")
      }
      state.lanes[0] = lane
      return lane
    }
  }

  /// Takes offer and selection into all further keys, those of the first lane as well, and forgets what the handshake gave
  /// but for what later lanes are made from.
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
    let agreement = Agreement(
      cipher: cipher,
      negotiationHash: KeySchedule.negotiationHash(manifest: manifest, receiverManifest: receiverManifest))
    let role = role
    let keys = try state.withLock { (state: inout State) throws(P2PCopyError) in
      let keys: LaneKeyPair
      let resumption: ResumptionSecret
      switch state.secret {
      case .session(let schedule):
        keys = try LaneKeyPair(schedule, agreement.cipher, agreement.negotiationHash, lane.address, role)
        resumption = schedule.resumption(negotiationHash: agreement.negotiationHash)
      case .resumption: throw Self.outOfTurn("an agreement")
      }
      state.secret = .resumption(resumption, agreement)
      return keys
    }
    await lane.changeSendingKey(to: keys.sending.take())
    lane.changeReceivingKey(to: keys.receiving.take())
  }

  /// Where the peers meet for a lane that is dialled again: hexadecimal text.
  ///
  /// - Throws: ``P2PCopyError`` before anything was agreed.
  func rendezvous(for lane: LaneAddress) throws(P2PCopyError) -> String {
    try state.withLock { (state: inout State) throws(P2PCopyError) in
      switch state.secret {
      case .session: throw Self.outOfTurn("another lane")
      case .resumption(let secret, _): secret.rendezvous(lane: lane.number, epoch: lane.epoch)
      }
    }
  }

  /// The keys of a lane that is dialled again.
  ///
  /// - Parameters:
  ///   - kemSecret: What its key encapsulation gave.
  ///   - transcript: What was said over it.
  /// - Returns: The keys.
  /// - Throws: ``P2PCopyError`` before anything was agreed.
  func laneKeys(kemSecret: borrowing SecretBytes, _ transcript: LaneTranscript) throws(P2PCopyError) -> LaneKeys {
    try state.withLock { (state: inout State) throws(P2PCopyError) in
      switch state.secret {
      case .session: throw Self.outOfTurn("another lane")
      case .resumption(let secret, _): secret.keys(kemSecret: kemSecret, transcript: transcript.hash)
      }
    }
  }

  /// Makes a lane that was dialled. The one before it of the same number is not used any more.
  ///
  /// - Parameters:
  ///   - connection: The connection that the exchange went over.
  ///   - address: Which lane it is. No two of a session have the same number and epoch and key encapsulation.
  ///   - keys: Its keys, which both peers have proved to have.
  ///   - sentCount: How many of this side's records the other side has.
  ///   - receivedCount: How many of its records this side has.
  /// - Returns: The lane.
  /// - Throws: ``P2PCopyError`` when the cipher does not fit protocol 2.
  func openLane(
    over connection: any TransportConnection, _ address: LaneAddress, _ keys: borrowing LaneKeys, sentCount: UInt64,
    receivedCount: UInt64
  ) throws(P2PCopyError) -> Lane {
    let role = role
    let agreement = try state.withLock { (state: inout State) throws(P2PCopyError) in
      switch state.secret {
      case .session: throw Self.outOfTurn("another lane")
      case .resumption(_, let agreement): agreement
      }
    }
    let pair = try LaneKeyPair(keys.schedule, agreement.cipher, agreement.negotiationHash, address, role)
    let lane = Lane(
      connection: connection, address: address, identity: state.withLock { $0.nextIdentity() }, role: role,
      sealer: RecordSealer(key: pair.sending.take(), startingAt: sentCount),
      opener: RecordOpener(key: pair.receiving.take(), from: role.other, startingAt: receivedCount))
    state.withLock { $0.lanes[address.number] = lane }
    logger.debug("a lane opens", metadata: ["lane": "\(address.number)", "epoch": "\(address.epoch)"])
    return lane
  }

  private static func outOfTurn(_ what: String) -> P2PCopyError {
    P2PCopyError(.internalError, "\(what) was asked for out of turn; please report it")
  }
}

/// The keys of a lane's records, one for each direction.
private struct LaneKeyPair: Sendable {
  let sending: KeyBox
  let receiving: KeyBox

  /// For offer and selection.
  init(bootstrapFrom schedule: borrowing KeySchedule, _ cipher: any Cipher, _ role: PeerRole) throws(P2PCopyError) {
    sending = KeyBox(
      try RecordKey(schedule, .bootstrapKey, .bootstrapIV, cipher: cipher, direction: KeyDirection(from: role)))
    receiving = KeyBox(
      try RecordKey(schedule, .bootstrapKey, .bootstrapIV, cipher: cipher, direction: KeyDirection(from: role.other)))
  }

  /// For everything after that.
  init(
    _ schedule: borrowing KeySchedule, _ cipher: any Cipher, _ context: [UInt8], _ lane: LaneAddress, _ role: PeerRole
  ) throws(P2PCopyError) {
    sending = KeyBox(
      try RecordKey(
        schedule, .dataKey, .dataIV, cipher: cipher, direction: KeyDirection(from: role), connection: lane.number,
        epoch: lane.epoch, context: context))
    receiving = KeyBox(
      try RecordKey(
        schedule, .dataKey, .dataIV, cipher: cipher, direction: KeyDirection(from: role.other),
        connection: lane.number, epoch: lane.epoch, context: context))
  }
}

/// Carries a key out of a lock to the lane that is to have it.
///
/// Safe although the key's context is not `Sendable`: it is taken out once.
private final class KeyBox: @unchecked Sendable {
  private var key: RecordKey?

  init(_ key: consuming RecordKey) {
    self.key = consume key
  }

  func take() -> RecordKey {
    key.take()!
  }
}
