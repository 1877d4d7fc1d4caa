public import P2PCopyCore
import Synchronization

/// A relay inside the process: pairs the connections of an ``InMemoryTransport`` and passes messages between them.
///
/// It behaves like the relay server. The first message of a connection must be the text
/// `{"type":"hello","code_hash_hex":H,"role":"sender"|"receiver"}`. A sender and a receiver with the same `H` are
/// paired in either order, and the sender alone is told `{"type":"ready"}`. A second connection with the same role
/// and `H` that comes while the first still waits is closed as `unavailable`, anything but a hello as `refused`.
///
/// A hello may say `"protocol":2`. Such a connection is told `{"type":"waiting"}` while it is alone, both of a pair are
/// told `{"type":"ready","protocol":2}`, and a refusal is preceded by `{"type":"error","code":…,"message":…}`. Peers of
/// different protocols are not paired: the one that comes second is closed as `refused`.
///
/// The states of a connection:
///
/// | state | what leaves it | next |
/// |---|---|---|
/// | opened | its first message is a hello | waiting, paired or refused |
/// | waiting | the other role comes | paired |
/// | paired | `finish(c)` | half closed: the peer reads what was sent, then sees `c` |
/// | half closed | the peer finishes too | closed: both `finish` calls return |
/// | any | `abort()`, the last reference goes, cancellation of `finish` | aborted: the peer reads what was sent, then vanished |
///
/// A sender waits while more than ``byteLimit`` bytes of its messages are unread.
public final class InMemoryRelay: Sendable {
  /// Which way a message goes.
  public enum Direction: Hashable, Sendable {
    case senderToReceiver
    case receiverToSender
  }

  /// Looks at every message on its way between paired or waiting connections and says what to deliver in its place:
  /// nothing to drop it, two to repeat it, another one to change it. To swap two, keep one back and return it later.
  ///
  /// It is called in the order of sending, never for a hello or for what the relay itself says, and not under a lock.
  public typealias Tamper = @Sendable (_ message: TransportMessage, _ direction: Direction) -> [TransportMessage]

  /// How many bytes a connection may have sent that the other side has not read: 4 MiB.
  public static let byteLimit = 4 << 20

  /// Shared by all connections, so that a buffer sent by one and recycled by the other is used again.
  let buffers = MessageBufferPool()

  private let tamper: Tamper?
  private let state: Mutex<InMemoryRelayState>

  /// Creates a relay that nobody is connected to.
  ///
  /// - Parameters:
  ///   - tamper: Injects faults; without it everything is passed on as it is.
  ///   - speaksProtocol2: Whether it knows protocol 2. Without, it treats every hello as a relay of p2p-copy 0.1 does.
  public init(tamper: Tamper? = nil, speaksProtocol2: Bool = true) {
    self.tamper = tamper
    state = Mutex(InMemoryRelayState(speaksProtocol2: speaksProtocol2))
  }

  /// Changes the state, and lets those whom it concerns look again: not before others may look, since whoever is being
  /// cancelled at this moment waits for the state while the runtime holds its task.
  private func change<Result: Sendable>(_ body: (inout InMemoryRelayState) throws -> Result) rethrows -> Result {
    defer {
      let woken = state.withLock { $0.takeWoken() }
      for continuation in woken { continuation.resume() }
    }
    return try state.withLock { state in try body(&state) }
  }

  // MARK: - What a connection does

  func open() -> Int {
    change { $0.open() }
  }

  func abort(_ identifier: Int) {
    change { $0.abort(identifier) }
  }

  func release(_ identifier: Int) {
    change { $0.release(identifier) }
  }

  func send(_ message: TransportMessage, from identifier: Int) async throws {
    let direction = try change { state in try state.direction(ofMessagesFrom: identifier) }
    if let direction {
      let delivered = tamper.map { $0(message, direction) } ?? [message]
      try change { state in try state.enqueue(delivered, from: identifier) }
      // What is delivered in addition the other side need not read, and whoever sent the one message is not to blame.
      if delivered.count > 1 { return }
    } else {
      try change { state in try state.greet(with: message, from: identifier) }
    }
    try await wait(at: identifier, as: .send) { state in try state.hasRoom(at: identifier) ? () : nil }
  }

  func receive(at identifier: Int) async throws -> TransportMessage? {
    try await wait(at: identifier, as: .receive) { state in try state.next(at: identifier) }.message
  }

  func finish(_ identifier: Int, saying closure: TransportClosure) async throws -> TransportClosure {
    try change { state in try state.finish(identifier, saying: closure) }
    return try await wait(at: identifier, as: .finish) { state in try state.answer(to: identifier) }
  }

  // MARK: - Waiting

  /// Calls `poll` until it has a result, sleeping while nothing changes for the connection.
  private func wait<Result: Sendable>(
    at identifier: Int, as waiter: InMemoryRelayState.Waiter,
    until poll: @Sendable (inout InMemoryRelayState) throws -> Result?
  ) async throws -> Result {
    do {
      return try await withTaskCancellationHandler {
        while true {
          let (result, version) = try change { state in
            (try poll(&state), state.version(of: identifier))
          }
          if let result { return result }
          // After the version was read: a cancellation that comes later changes it.
          try Task.checkCancellation()
          try change { state in try state.checkVacant(waiter, at: identifier) }
          await withCheckedContinuation { continuation in
            change { state in
              state.park(continuation, at: identifier, as: waiter, unlessNewerThan: version)
            }
          }
        }
      } onCancel: {
        // Whoever is stopped while it sends or receives can still say goodbye.
        if waiter == .finish { abort(identifier) } else { change { $0.interrupt(identifier) } }
      }
    } catch {
      if Task.isCancelled { throw CancellationError() }
      throw error
    }
  }
}
