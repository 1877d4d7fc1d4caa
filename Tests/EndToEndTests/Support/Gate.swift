import Foundation
import Synchronization

/// Stops a proxy's thread at a certain place until the test has done what it wants to do there.
final class Gate: Sendable {
  private let isOpen = DispatchSemaphore(value: 0)
  private let arrivals: AsyncStream<Void>
  private let arrival: AsyncStream<Void>.Continuation

  init() {
    (arrivals, arrival) = AsyncStream.makeStream()
  }

  /// Says that the place is reached, and waits, no longer than a minute.
  func pass() {
    arrival.finish()
    if isOpen.wait(timeout: .now() + 60) == .success { isOpen.signal() }
  }

  /// Waits until somebody stands there.
  func reached() async {
    for await _ in arrivals {}
  }

  /// Lets everybody through.
  func open() {
    isOpen.signal()
  }
}
