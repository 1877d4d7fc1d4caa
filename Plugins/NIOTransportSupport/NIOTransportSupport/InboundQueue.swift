import NIOCore
package import P2PCopyCore
import Synchronization

/// Messages that have come in: filled by the event loop, emptied by the receiving task.
package final class InboundQueue: Sendable {
  /// How many bytes may wait here before reading from the socket stops; it goes on at half of this.
  package static let limit = 4 << 20

  /// What a queued message costs beside its bytes, so that a flood of empty ones meets the limit, too.
  package static let messageOverhead = 256

  /// What a receiving task gets at once.
  private enum Outcome {
    case message(TransportMessage, resumeReading: Bool)
    case end(InboundEnd)
    case wait
  }

  private struct State {
    var messages = CircularBuffer<TransportMessage>()
    var byteCount = 0
    var isPaused = false
    var isDiscarding = false
    var end: InboundEnd?
    var receiver: CheckedContinuation<TransportMessage?, any Error>?
    var endWaiters: [CheckedContinuation<InboundEnd, Never>] = []

    mutating func pop() -> Outcome {
      if let message = messages.popFirst() {
        byteCount -= InboundQueue.cost(of: message)
        return .message(message, resumeReading: unpause())
      }
      if let end { return .end(end) }
      return .wait
    }

    mutating func clear() {
      messages.removeAll()
      byteCount = 0
    }

    mutating func unpause() -> Bool {
      guard isPaused, byteCount <= InboundQueue.limit / 2 else { return false }
      isPaused = false
      return true
    }
  }

  package init() {}

  private let state = Mutex(State())

  private static func cost(of message: TransportMessage) -> Int {
    switch message {
    case .text(let text): text.utf8.count + messageOverhead
    case .binary(let buffer): buffer.readableBytes + messageOverhead
    }
  }

  // MARK: The receiving task

  /// The next message, waiting for it if there is none. Cancelling ends the wait and nothing else.
  ///
  /// - Parameter resumeReading: Called when the queue has room again.
  /// - Returns: `nil` when the other side has closed normally.
  /// - Throws: `TransportClosure` when it closed otherwise, `P2PCopyError` when the connection failed.
  package func receive(resumeReading: @Sendable () -> Void) async throws -> TransportMessage? {
    switch state.withLock({ $0.pop() }) {
    case .message(let message, let resume):
      if resume { resumeReading() }
      return message
    case .end(let end):
      return try Self.outcome(of: end)
    case .wait:
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { wait($0, resumeReading: resumeReading) }
      } onCancel: {
        state.withLock { $0.receiver.take() }?.resume(throwing: CancellationError())
      }
    }
  }

  private func wait(
    _ continuation: CheckedContinuation<TransportMessage?, any Error>, resumeReading: @Sendable () -> Void
  ) {
    let (outcome, refusal) = state.withLock { state -> (Outcome, (any Error)?) in
      let outcome = state.pop()
      guard case .wait = outcome else { return (outcome, nil) }
      // Under the lock, so that a cancellation either is seen here or finds the continuation.
      if Task.isCancelled { return (.wait, CancellationError()) }
      if state.receiver != nil {
        return (.wait, P2PCopyError(.internalError, "two tasks receive on one connection at the same time"))
      }
      state.receiver = continuation
      return (.wait, nil)
    }
    switch outcome {
    case .message(let message, let resume):
      if resume { resumeReading() }
      continuation.resume(returning: message)
    case .end(let end):
      continuation.resume(with: Result { try Self.outcome(of: end) })
    case .wait:
      if let refusal { continuation.resume(throwing: refusal) }
    }
  }

  private static func outcome(of end: InboundEnd) throws -> TransportMessage? {
    switch end {
    case .closed(let closure) where closure.isNormal: return nil
    case .closed(let closure): throw closure
    case .failed(let error): throw error
    }
  }

  /// From now on messages are thrown away, those queued as well.
  ///
  /// - Returns: Whether reading has to be resumed.
  package func startDiscarding() -> Bool {
    state.withLock { state in
      state.isDiscarding = true
      state.clear()
      return state.unpause()
    }
  }

  /// Waits for the other side's Close or the loss of the connection.
  package func waitForEnd() async -> InboundEnd {
    await withCheckedContinuation { continuation in
      let end = state.withLock { state in
        if state.end == nil { state.endWaiters.append(continuation) }
        return state.end
      }
      if let end { continuation.resume(returning: end) }
    }
  }

  /// Drops what is queued and ends with `error`, unless there was an end before.
  package func abort(_ error: P2PCopyError) {
    state.withLock { $0.clear() }
    end(.failed(error))
  }

  // MARK: The event loop

  /// Takes in a message. A message that is thrown away goes to `buffers`.
  package func push(_ message: consuming TransportMessage, recyclingInto buffers: MessageBufferPool) {
    let message = message
    let (receiver, isDropped) = state.withLock {
      state -> (CheckedContinuation<TransportMessage?, any Error>?, Bool) in
      guard state.end == nil else { return (nil, true) }
      if let receiver = state.receiver.take() { return (receiver, false) }
      if state.isDiscarding { return (nil, true) }
      state.byteCount += Self.cost(of: message)
      state.messages.append(message)
      return (nil, false)
    }
    receiver?.resume(returning: message)
    if isDropped, case .binary(let buffer) = message { buffers.recycle(buffer) }
  }

  /// Whether the socket may be read; if not, the receiving task is going to resume that.
  package func mayRead() -> Bool {
    state.withLock { state in
      if state.byteCount > Self.limit { state.isPaused = true }
      return !state.isPaused
    }
  }

  /// Nothing more comes. Only the first end counts.
  package func end(_ end: InboundEnd) {
    let (receiver, waiters) = state.withLock { state in
      guard state.end == nil else {
        return (nil as CheckedContinuation<TransportMessage?, any Error>?, [CheckedContinuation<InboundEnd, Never>]())
      }
      state.end = end
      let waiters = state.endWaiters
      state.endWaiters = []
      return (state.receiver.take(), waiters)
    }
    receiver?.resume(with: Result { try Self.outcome(of: end) })
    for waiter in waiters { waiter.resume(returning: end) }
  }
}

/// How the incoming direction ended.
package enum InboundEnd: Sendable {
  /// The other side said so.
  case closed(TransportClosure)
  /// The connection was lost, ended here, or broke the rules.
  case failed(P2PCopyError)
}
