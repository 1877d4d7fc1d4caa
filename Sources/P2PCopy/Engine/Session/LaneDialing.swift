import Logging
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// Finds the other peer again when a lane was lost, for as long as that is asked for; or another process that has taken its
/// place, since it knows the code.
///
/// Lane and epoch say where the peers meet, so both have to name the same epoch. A peer cannot know whether its last word of
/// an exchange arrived before the connection was lost: while it is in doubt, it waits at the next epoch as well.
final class LaneDialing: Sendable {
  /// How long to wait before an attempt: at most so long, doubled with each, up to the limit.
  private static let firstPause = Duration.milliseconds(200)
  private static let pauseLimit = Duration.seconds(15)
  /// How long the other side may take for one step of an exchange.
  private static let stepTimeout = Duration.seconds(20)

  /// How long after the last progress to give up.
  let patience: Duration

  private let session: PeerSession
  private let rendezvous: any Rendezvous
  private let buffers: MessageBufferPool
  private let epochs = Mutex(Epochs())
  private let watch: SuccessorWatch?
  private let foundSuccessor = Mutex<OpenedSession?>(nil)

  private struct Epochs {
    /// The lowest that the other peer may name.
    var next: UInt32 = 1
    /// Whether it may also name the one behind it.
    var isDoubtful = false

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

  /// Whether somebody may take the other peer's place.
  var awaitsSuccessor: Bool { watch != nil }

  /// The session that takes the place of this one: then dialling has ended with an error.
  var successor: OpenedSession? { foundSuccessor.withLock { $0 } }

  private enum Found: Sendable {
    case lane(LaneExchange.Outcome)
    case successor(OpenedSession)

    /// It is not needed: something else was found first.
    func end() async {
      let error = P2PCopyError(.cancelled, "another connection was quicker")
      switch self {
      case .lane(let outcome): outcome.lane.abort(because: error)
      case .successor(let opened): await opened.end(because: error)
      }
    }
  }

  /// Dials until the other peer is there, or somebody has taken its place.
  ///
  /// - Parameters:
  ///   - receivedCount: How many of its records this side has.
  ///   - fruitlessCount: How often the peers met again since the last progress: the longer is waited.
  ///   - deadline: When to give up.
  ///   - reason: Why the lane was lost.
  /// - Returns: The new lane.
  /// - Throws: `CancellationError`, or the ``P2PCopyError`` with which the session ends.
  func dial(
    having receivedCount: UInt64, fruitlessCount: Int, until deadline: ContinuousClock.Instant,
    after reason: P2PCopyError
  ) async throws -> LaneExchange.Outcome {
    let confirmation = SingleConfirmation()
    return try await withThrowingTaskGroup(of: Found.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        do {
          return .lane(
            try await self.dial(
              having: receivedCount, fruitlessCount: fruitlessCount, until: deadline, confirmation))
        } catch {
          try Task.checkCancellation()
          var final = reason
          final.message += "; connecting again failed for \(self.patience.components.seconds) s, lastly because: "
          final.message += (error as? P2PCopyError)?.message ?? "\(error)"
          throw final
        }
      }
      if let watch {
        group.addTask {
          try await Task.sleep(for: watch.delay)
          return .successor(
            try await watch.awaitSuccessor(
              reusing: self.buffers, if: { confirmation.take(for: .successor) },
              failed: { confirmation.giveBack(from: .successor) }))
        }
      }
      let first = try await group.next()
      group.cancelAll()
      while let other = await group.nextResult() {
        if case .success(let found) = other { await found.end() }
      }
      switch first {
      case .lane(let outcome)?: return outcome
      case .successor(let opened)?:
        foundSuccessor.withLock { $0 = opened }
        throw P2PCopyError(.peerLeft, "the \(session.role.other) was started again", remedy: .resume)
      case nil: throw CancellationError()
      }
    }
  }

  /// Dials until the other peer is there.
  ///
  /// - Throws: `CancellationError`, or why the last attempt failed.
  private func dial(
    having receivedCount: UInt64, fruitlessCount: Int, until deadline: ContinuousClock.Instant,
    _ confirmation: SingleConfirmation
  ) async throws -> LaneExchange.Outcome {
    var attempt = fruitlessCount
    while true {
      let longest = min(Self.firstPause * (1 << min(attempt, 10)), Self.pauseLimit)
      // Jitter, so that all who lost a relay do not come back to it at the same moment.
      try await Task.sleep(for: longest * Double.random(in: 0.5...1))
      attempt += 1
      let timeout = P2PCopyError(.peerLeft, "the \(session.role.other) did not come back", remedy: .resume)
      do {
        return try await withDeadline(max(.zero, deadline - .now), orThrow: timeout) {
          confirmation.giveBack(from: .lane)
          return try await self.attempt(having: receivedCount, confirmation)
        }
      } catch {
        try Task.checkCancellation()
        session.logger.debug("dialling again failed", metadata: ["attempt": "\(attempt)", "error": "\(error)"])
        guard ContinuousClock.now < deadline else { throw error }
      }
    }
  }

  /// Something came over a lane: the other peer uses it, too.
  func confirm(_ lane: LaneAddress) {
    epochs.withLock { epochs in
      guard lane.epoch >= epochs.next else { return }
      epochs.next = lane.epoch &+ 1
      epochs.isDoubtful = false
    }
  }

  /// Waits at every epoch that the other peer may name, and takes the first exchange that is completed.
  private func attempt(
    having receivedCount: UInt64, _ confirmation: SingleConfirmation
  ) async throws -> LaneExchange.Outcome {
    let candidates = epochs.withLock { $0.candidates }
    return try await withThrowingTaskGroup(of: LaneExchange.Outcome.self) { group in
      defer { group.cancelAll() }
      for epoch in candidates {
        group.addTask {
          try await self.exchange(LaneAddress(number: 0, epoch: epoch), having: receivedCount, confirmation)
        }
      }
      guard let outcome = try await group.next() else { throw CancellationError() }
      return outcome
    }
  }

  private func exchange(
    _ lane: LaneAddress, having receivedCount: UInt64, _ confirmation: SingleConfirmation
  ) async throws -> LaneExchange.Outcome {
    let identifier = try session.rendezvous(for: lane)
    let peer = try await rendezvous.findPeer(by: identifier, reusing: buffers)
    let exchange = LaneExchange(
      session: session, connection: peer.connection, address: lane, rendezvous: identifier,
      receivedCount: receivedCount, stepTimeout: Self.stepTimeout)
    do {
      switch session.role {
      case .sender:
        return try await exchange.run {
          guard confirmation.take(for: .lane) else { return false }
          // Until something comes over the lane, the receiver may not have had the confirmation.
          doubt(lane.epoch)
          return true
        }
      case .receiver:
        let outcome = try await exchange.run(asReceiverAfter: peer.firstMessage) { doubt(lane.epoch) }
        // The sender has confirmed: it cannot name this epoch for the first time any more.
        confirm(lane)
        return outcome
      }
    } catch {
      peer.connection.abort()
      throw error
    }
  }

  private func doubt(_ epoch: UInt32) {
    epochs.withLock { $0 = Epochs(next: epoch, isDoubtful: true) }
  }
}

/// Lets one of several exchanges go on to its end, at the sender: the receiver goes on with the one that is confirmed.
private final class SingleConfirmation: Sendable {
  /// What an exchange is for.
  enum Purpose: Sendable {
    case lane
    case successor
  }

  private let taken = Mutex<Purpose?>(nil)

  /// Whether nobody has it.
  func take(for purpose: Purpose) -> Bool {
    taken.withLock { taken in
      guard taken == nil else { return false }
      taken = purpose
      return true
    }
  }

  /// An exchange that had it has failed.
  func giveBack(from purpose: Purpose) {
    taken.withLock { if $0 == purpose { $0 = nil } }
  }
}
