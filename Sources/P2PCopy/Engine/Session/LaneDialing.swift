import Logging
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// Finds the other peer for the lanes of a session: for those that were lost and for those that are added; or another process
/// that has taken its place, since it knows the code.
///
/// Lane and epoch say where the peers meet, so both have to name the same epoch. A peer cannot know whether its last word of
/// an exchange arrived before the connection was lost: while it is in doubt, it waits at the next epoch as well.
final class LaneDialing: Sendable {
  private static let backOff = BackOff(first: .milliseconds(200), limit: .seconds(15))
  /// How long the other side may take for one step of an exchange.
  private static let stepTimeout = Duration.seconds(20)

  /// How long after the last progress to give up; zero when a session without a lane is over.
  let patience: Duration

  private let session: PeerSession
  private let rendezvous: any Rendezvous
  private let buffers: MessageBufferPool
  private let epochs = Mutex<[UInt32: Epochs]>([:])
  private let confirmations = Confirmations()
  private let watch: SuccessorWatch?
  private let lastError = Mutex<P2PCopyError?>(nil)
  private let foundSuccessor = Mutex<OpenedSession?>(nil)

  private struct Epochs {
    /// The lowest that the other peer may name.
    var next: UInt32
    /// Whether it may also name the one behind it.
    var isDoubtful = false

    /// - Parameter lane: The number of the lane; the first one was there before any was dialled.
    init(of lane: UInt32) {
      next = lane == 0 ? 1 : 0
    }

    var candidates: [UInt32] { isDoubtful && next < .max ? [next, next + 1] : [next] }
  }

  /// - Parameters:
  ///   - session: The session.
  ///   - rendezvous: Finds the other peer.
  ///   - buffers: Those of the first connection, which all others go on with.
  ///   - patience: How long after the last progress to give up.
  ///   - watch: Waits for somebody to take the other peer's place; missing when nobody can.
  init(
    _ session: PeerSession, _ rendezvous: any Rendezvous, buffers: MessageBufferPool, patience: Duration,
    _ watch: SuccessorWatch? = nil
  ) {
    self.session = session
    self.rendezvous = rendezvous
    self.buffers = buffers
    self.patience = patience
    self.watch = watch
  }

  /// How many lanes can be found.
  var maximumLaneCount: Int { rendezvous.canFindSeveral ? Protocol2Suite.maximumLaneCount : 1 }

  /// Whether somebody may take the other peer's place.
  var awaitsSuccessor: Bool { watch != nil }

  // MARK: Lanes

  /// Dials until the other peer is there.
  ///
  /// - Parameters:
  ///   - number: Which lane.
  ///   - attemptCount: How often the peers have met or tried to since the last progress: the longer is waited.
  ///   - receivedCount: Asked with each attempt: how many of the other side's records this side has.
  /// - Returns: The new lane.
  /// - Throws: `CancellationError` only; it is for the caller to say when it is enough.
  func dial(
    _ number: UInt32, after attemptCount: Int, having receivedCount: () -> UInt64
  ) async throws -> LaneExchange.Outcome {
    var attempt = attemptCount
    while true {
      // A lane that is added is there at once.
      try await Self.backOff.wait(before: attempt)
      attempt += 1
      do {
        return try await self.attempt(number, having: receivedCount())
      } catch {
        confirmations.giveBackLane(number)
        try Task.checkCancellation()
        session.logger.debug(
          "dialling failed", metadata: ["lane": "\(number)", "attempt": "\(attempt)", "error": "\(error)"])
        lastError.withLock { $0 = error as? P2PCopyError }
      }
    }
  }

  /// Why the last attempt failed.
  var lastFailure: P2PCopyError? { lastError.withLock { $0 } }

  /// Something came over a lane: the other peer uses it, too.
  func confirm(_ lane: LaneAddress) {
    confirmations.giveBackLane(lane.number)
    epochs.withLock { all in
      var epochs = all[lane.number] ?? Epochs(of: lane.number)
      guard lane.epoch >= epochs.next else { return }
      epochs.next = lane.epoch &+ 1
      epochs.isDoubtful = false
      all[lane.number] = epochs
    }
  }

  private func doubt(_ lane: LaneAddress) {
    epochs.withLock { all in
      var epochs = Epochs(of: lane.number)
      epochs.next = lane.epoch
      epochs.isDoubtful = true
      all[lane.number] = epochs
    }
  }

  /// Waits at every epoch that the other peer may name, and takes the first exchange that is completed.
  ///
  /// One that fails is no reason to break off another one that is under way: the other peer gives up all but the one that it
  /// goes on with, and that may be seen here before that one is completed. Each step of an exchange has its time.
  private func attempt(_ number: UInt32, having receivedCount: UInt64) async throws -> LaneExchange.Outcome {
    confirmations.giveBackLane(number)
    let candidates = epochs.withLock { ($0[number] ?? Epochs(of: number)).candidates }
    let underWay = ExchangesUnderWay()
    return try await withThrowingTaskGroup(of: LaneExchange.Outcome.self) { group in
      defer { group.cancelAll() }
      for epoch in candidates {
        group.addTask {
          let address = LaneAddress(number: number, epoch: epoch)
          let identifier = try self.session.rendezvous(for: address)
          let peer = try await self.rendezvous.findPeer(by: identifier, reusing: self.buffers)
          underWay.begin()
          do {
            return try await self.exchange(address, with: peer, foundBy: identifier, having: receivedCount)
          } catch {
            underWay.fail()
            throw error
          }
        }
      }
      while let result = await group.nextResult() {
        switch result {
        case .success(let outcome): return outcome
        case .failure(let error):
          try Task.checkCancellation()
          guard underWay.areSome else { throw error }
        }
      }
      throw CancellationError()
    }
  }

  private func exchange(
    _ lane: LaneAddress, with peer: FoundPeer, foundBy identifier: String, having receivedCount: UInt64
  ) async throws -> LaneExchange.Outcome {
    let exchange = LaneExchange(
      session: session, connection: peer.connection, address: lane, rendezvous: identifier,
      receivedCount: receivedCount, stepTimeout: Self.stepTimeout)
    do {
      switch session.role {
      case .sender:
        return try await exchange.run {
          guard confirmations.takeLane(lane.number) else { return false }
          // Until something comes over the lane, the receiver may not have had the confirmation.
          doubt(lane)
          return true
        }
      case .receiver:
        let outcome = try await exchange.run(asReceiverAfter: peer.firstMessage) { doubt(lane) }
        // The sender has confirmed: it cannot name this epoch for the first time any more.
        confirm(lane)
        return outcome
      }
    } catch {
      peer.connection.abort()
      throw error
    }
  }

  // MARK: Successors

  /// Waits for somebody to take the other peer's place.
  ///
  /// - Parameter isAway: Asked, at the sender, before a confirmation goes out: whether the other peer is still away.
  /// - Returns: The session that begins. It is for the caller to use or to end it.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/wrongCode`` after too many guesses, or `CancellationError`.
  func awaitSuccessor(while isAway: @escaping @Sendable () -> Bool) async throws -> OpenedSession {
    guard let watch else {
      // For good: whoever waits for this ends with something else.
      while true { try await Task.sleep(for: .seconds(3600)) }
    }
    try await Task.sleep(for: watch.delay)
    return try await watch.awaitSuccessor(
      reusing: buffers,
      if: { step in
        switch step {
        case .begin: isAway() && confirmations.beginSuccessor()
        case .confirm: isAway() && confirmations.confirmSuccessor()
        }
      }, failed: { confirmations.endSuccessor() })
  }

  /// A session that was opened takes the place of this one.
  func adopt(_ opened: OpenedSession) {
    foundSuccessor.withLock { $0 = opened }
  }

  /// The session that takes the place of this one.
  var successor: OpenedSession? { foundSuccessor.withLock { $0 } }
}

/// Counts the exchanges that have found the other peer, and have not failed.
private final class ExchangesUnderWay: Sendable {
  private let count = Mutex(0)

  var areSome: Bool { count.withLock { $0 > 0 } }

  func begin() { count.withLock { $0 += 1 } }

  func fail() { count.withLock { $0 -= 1 } }
}

/// Lets some of several exchanges go on to their end, at the sender: the receiver goes on with what is confirmed. Lanes of one
/// session do not mind each other, but a lane of this session and the beginning of another one exclude each other.
private final class Confirmations: Sendable {
  /// For how long lanes give way to a handshake that is under way. Who takes longer may be a stranger.
  private static let courtesy = Duration.seconds(5)

  private enum Successor {
    case begun(ContinuousClock.Instant)
    case confirmed
  }

  private struct State {
    var lanes: Set<UInt32> = []
    var successor: Successor?
  }

  private let state = Mutex(State())

  /// Whether an exchange over a lane may be confirmed.
  func takeLane(_ number: UInt32) -> Bool {
    state.withLock { state in
      switch state.successor {
      case .confirmed?: return false
      case .begun(let since)?:
        guard .now - since > Self.courtesy else { return false }
        state.successor = nil
      case nil: break
      }
      return state.lanes.insert(number).inserted
    }
  }

  /// The exchange over a lane has failed, or is over: something came over it.
  func giveBackLane(_ number: UInt32) {
    state.withLock { $0.lanes.subtract([number]) }
  }

  /// Whether a handshake with somebody who was started again may begin. Broken off later, it may look like a guess.
  func beginSuccessor() -> Bool {
    state.withLock { state in
      guard state.lanes.isEmpty, state.successor == nil else { return false }
      state.successor = .begun(.now)
      return true
    }
  }

  /// Whether it may be confirmed.
  func confirmSuccessor() -> Bool {
    state.withLock { state in
      guard case .begun? = state.successor else { return false }
      state.successor = .confirmed
      return true
    }
  }

  /// It has failed.
  func endSuccessor() {
    state.withLock { $0.successor = nil }
  }
}
