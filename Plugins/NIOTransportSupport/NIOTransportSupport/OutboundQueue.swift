package import NIOCore
package import P2PCopyCore
import Synchronization

/// Frames on their way to the socket: filled by the sending task, emptied by the event loop.
///
/// A burst of messages costs one hop to the event loop and one flush. What counts against the limit is everything that
/// the socket has not taken.
package final class OutboundQueue: Sendable {
  /// How many bytes may wait unwritten before `send` does.
  package static let limit = 4 << 20

  /// What a send has to do after its frame is queued.
  package struct Followup: Equatable {
    /// Nobody has asked the event loop to write yet.
    package var needsFlush: Bool
    /// More than ``limit`` is queued: wait.
    package var isFull: Bool
  }

  private enum Phase {
    case open
    /// Our own Close is queued; nothing may follow it.
    case closing
    /// The other side has closed: messages are pointless, our Close is not.
    case peerClosed(TransportClosure)
    /// The connection is gone.
    case failed(P2PCopyError)
  }

  private struct State {
    var phase = Phase.open
    var waiting = CircularBuffer<OutboundFrame>()
    var inFlight = CircularBuffer<OutboundFrame>()
    var byteCount = 0
    var messageCount = 0
    var isFlushScheduled = false
    var sender: CheckedContinuation<Void, any Error>?
    var drainWaiters: [CheckedContinuation<Void, any Error>] = []

    var isEmpty: Bool { waiting.isEmpty && inFlight.isEmpty }
  }

  package init() {}

  private let state = Mutex(State())

  // MARK: The sending task

  /// Queues a message.
  ///
  /// - Throws: `TransportClosure` when the other side has closed, `P2PCopyError` when the connection is over.
  package func enqueue(_ frame: consuming OutboundFrame) throws -> Followup {
    let frame = frame
    return try state.withLock { state in
      switch state.phase {
      case .open: break
      case .closing: throw P2PCopyError(.internalError, "a message was sent after the connection was finished")
      case .peerClosed(let closure): throw closure
      case .failed(let error): throw error
      }
      let needsFlush = Self.append(frame, to: &state)
      return Followup(needsFlush: needsFlush, isFull: state.byteCount > Self.limit)
    }
  }

  /// Queues our Close as the last frame. Only the first one counts.
  ///
  /// - Returns: Whether the event loop has to be asked to write.
  package func enqueueClose(_ frame: consuming OutboundFrame) -> Bool {
    let frame = frame
    return state.withLock { state in
      switch state.phase {
      case .open, .peerClosed: break
      case .closing, .failed: return false
      }
      state.phase = .closing
      return Self.append(frame, to: &state)
    }
  }

  private static func append(_ frame: OutboundFrame, to state: inout State) -> Bool {
    state.byteCount += frame.byteCount
    if frame.isMessage { state.messageCount += 1 }
    state.waiting.append(frame)
    defer { state.isFlushScheduled = true }
    return !state.isFlushScheduled
  }

  /// Waits until no more than ``limit`` is queued. Cancelling ends the wait and nothing else: what is queued stays.
  package func waitForSpace() async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        if let result = state.withLock({ park(continuation, in: &$0) }) { continuation.resume(with: result) }
      }
    } onCancel: {
      state.withLock { $0.sender.take() }?.resume(throwing: CancellationError())
    }
  }

  /// Keeps a sender's continuation, or says how its wait has ended already.
  private func park(
    _ continuation: CheckedContinuation<Void, any Error>, in state: inout State
  ) -> Result<Void, any Error>? {
    switch state.phase {
    case .peerClosed(let closure): return .failure(closure)
    case .failed(let error): return .failure(error)
    case .open, .closing: break
    }
    if state.byteCount <= Self.limit { return .success(()) }
    // Under the lock, so that a cancellation either is seen here or finds the continuation.
    if Task.isCancelled { return .failure(CancellationError()) }
    if state.sender != nil {
      return .failure(P2PCopyError(.internalError, "two tasks send on one connection at the same time"))
    }
    state.sender = continuation
    return nil
  }

  /// Waits until everything is written.
  ///
  /// - Throws: What the connection failed with, unless all messages, though not our Close, were written by then.
  package func waitUntilDrained() async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let result: Result<Void, any Error>? = state.withLock { state in
        if case .failed(let error) = state.phase {
          return state.messageCount == 0 ? .success(()) : .failure(error)
        }
        if state.isEmpty { return .success(()) }
        state.drainWaiters.append(continuation)
        return nil
      }
      if let result { continuation.resume(with: result) }
    }
  }

  // MARK: The event loop

  /// Whether something waits for the socket.
  package var isPending: Bool { state.withLock { !$0.isEmpty } }

  /// Hands over everything that waits; it stays queued here, too, until ``didWrite(_:recyclingInto:)``.
  package func takeBatch() -> CircularBuffer<OutboundFrame> {
    state.withLock { state in
      state.isFlushScheduled = false
      if case .failed = state.phase { return CircularBuffer() }
      let batch = state.waiting
      state.waiting = CircularBuffer()
      state.inFlight.append(contentsOf: batch)
      return batch
    }
  }

  /// The oldest `count` frames in flight are written: their buffers are free again.
  package func didWrite(_ count: Int, recyclingInto buffers: MessageBufferPool) {
    for _ in 0..<count {
      guard var frame = state.withLock({ $0.inFlight.popFirst() }) else { return }
      let (byteCount, isMessage) = (frame.byteCount, frame.isMessage)
      // Moved out rather than copied: a buffer that two hold is copied when the next user clears it.
      var buffer = ByteBuffer()
      swap(&buffer, &frame.body)
      buffers.recycle(consume buffer)
      let (sender, drainWaiters) = state.withLock { state in
        state.byteCount -= byteCount
        if isMessage { state.messageCount -= 1 }
        let sender = state.byteCount <= Self.limit ? state.sender.take() : nil
        guard state.isEmpty else { return (sender, [CheckedContinuation<Void, any Error>]()) }
        let drainWaiters = state.drainWaiters
        state.drainWaiters = []
        return (sender, drainWaiters)
      }
      sender?.resume()
      for waiter in drainWaiters { waiter.resume() }
    }
  }

  /// The other side has closed: whoever waits to send is told so.
  package func peerClosed(_ closure: TransportClosure) {
    let sender = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard case .open = state.phase else { return nil }
      state.phase = .peerClosed(closure)
      return state.sender.take()
    }
    sender?.resume(throwing: closure)
  }

  /// The connection is gone: nothing more will be written. Only the first failure counts.
  package func fail(_ error: P2PCopyError) {
    let (sender, drainWaiters, messageCount) = state.withLock { state in
      if case .failed = state.phase {
        return (nil as CheckedContinuation<Void, any Error>?, [CheckedContinuation<Void, any Error>](), 0)
      }
      state.phase = .failed(error)
      let waiters = state.drainWaiters
      state.drainWaiters = []
      // What is in flight is let go of by the channel; only what it never got goes here.
      state.waiting.removeAll()
      return (state.sender.take(), waiters, state.messageCount)
    }
    sender?.resume(throwing: error)
    for waiter in drainWaiters {
      if messageCount == 0 { waiter.resume() } else { waiter.resume(throwing: error) }
    }
  }
}
