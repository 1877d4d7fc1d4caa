import NIOCore
import Synchronization

/// What tasks wait for each other at, and what can end for all of them.
package protocol FailableQueue: Sendable {
  /// Ends it: whoever waits or comes gets the error.
  func fail(_ error: any Error)
}

/// A queue between tasks that holds back who fills it: at most so much may be in it, counted in a cost per element.
///
/// One task takes out; any number put in. Cancelling a task that waits here ends the queue for all.
package final class BoundedQueue<Element: Sendable>: FailableQueue {
  private struct State {
    var elements = CircularBuffer<(element: Element, cost: Int)>()
    var cost = 0
    var isFinished = false
    var error: (any Error)?
    var consumer: CheckedContinuation<Void, Never>?
    var producers = CircularBuffer<CheckedContinuation<Void, Never>>()
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: The cost at which the queue is full. One element always fits.
  package init(limit: Int) {
    self.limit = limit
  }

  /// Appends an element, once there is room.
  ///
  /// - Throws: What ``fail(_:)`` was called with.
  package func put(_ element: consuming Element, cost: Int = 1) async throws {
    try await waitForRoom()
    let element = element
    let consumer = try state.withLock { state in
      if let error = state.error { throw error }
      state.elements.append((element, cost))
      state.cost += cost
      return state.consumer.take()
    }
    consumer?.resume()
  }

  /// Takes the first element, once there is one.
  ///
  /// - Returns: The element, or `nil` when the queue is finished and empty.
  /// - Throws: What ``fail(_:)`` was called with.
  package func next() async throws -> Element? {
    while true {
      let (element, isOver) = try takeFirst()
      if element != nil || isOver { return element }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let mustWait = state.withLock { state in
            guard state.elements.isEmpty, !state.isFinished, state.error == nil else { return false }
            state.consumer = continuation
            return true
          }
          if !mustWait { continuation.resume() }
        }
      } onCancel: {
        fail(CancellationError())
      }
    }
  }

  /// Takes the first element if there is one.
  package func nextIfAny() throws -> Element? { try takeFirst().element }

  /// No more elements will come.
  package func finish() {
    let consumer = state.withLock { state in
      state.isFinished = true
      return state.consumer.take()
    }
    consumer?.resume()
  }

  /// Ends the queue: whoever waits or comes gets the error.
  package func fail(_ error: any Error) {
    let waiting = state.withLock { state in
      if state.error == nil { state.error = error }
      state.elements.removeAll()
      state.cost = 0
      let waiting = [state.consumer.take()].compactMap(\.self) + Array(state.producers)
      state.producers.removeAll()
      return waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  private func takeFirst() throws -> (element: Element?, isOver: Bool) {
    let (first, isOver, producers) = try state.withLock { state in
      if let error = state.error { throw error }
      let first = state.elements.popFirst()
      state.cost -= first?.cost ?? 0
      guard first != nil, state.cost < limit else {
        return (first, state.isFinished, CircularBuffer<CheckedContinuation<Void, Never>>())
      }
      let producers = state.producers
      state.producers.removeAll()
      return (first, state.isFinished, producers)
    }
    for producer in producers { producer.resume() }
    return (first?.element, isOver)
  }

  private func waitForRoom() async throws {
    while true {
      let hasRoom = try state.withLock { state in
        if let error = state.error { throw error }
        return state.cost < limit
      }
      if hasRoom { return }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let mustWait = state.withLock { state in
            guard state.cost >= limit, state.error == nil else { return false }
            state.producers.append(continuation)
            return true
          }
          if !mustWait { continuation.resume() }
        }
      } onCancel: {
        fail(CancellationError())
      }
    }
  }
}
