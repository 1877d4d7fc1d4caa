package import P2PCopyCore
import Synchronization

/// Several relays: the other peer is looked for at all of them at the same time, so that it does not matter which of them
/// either peer can reach, as long as there is one in common.
///
/// A sender goes on where the other peer is shown first. A receiver goes on where the sender's first message comes, which is
/// the one place that the sender has chosen. A relay that cannot be reached is tried again as long as there is another one.
package struct RendezvousRace: Rendezvous {
  private static let pause = Duration.seconds(10)

  private let candidates: [any Rendezvous]

  /// - Parameter candidates: Where to look; at least one. At a receiver each waits for the sender's first message.
  package init(_ candidates: [any Rendezvous]) {
    self.candidates = candidates
  }

  package var canFindSeveral: Bool { candidates.allSatisfy(\.canFindSeveral) }

  package func findPeer(by identifier: String, reusing buffers: MessageBufferPool?) async throws -> FoundPeer {
    let failures = Failures(limit: candidates.count)
    let found = await withTaskGroup(of: FoundPeer?.self) { group -> FoundPeer? in
      for (index, candidate) in candidates.enumerated() {
        group.addTask {
          while true {
            do {
              return try await candidate.findPeer(by: identifier, reusing: buffers)
            } catch {
              guard failures.canTryAgain(index, after: error), !Task.isCancelled else { return nil }
            }
            guard (try? await Task.sleep(for: Self.pause)) != nil else { return nil }
          }
        }
      }
      while let ended = await group.next() {
        guard let found = ended else {
          if failures.areAll { group.cancelAll() }
          continue
        }
        group.cancelAll()
        for await case let other? in group {
          // Found at the same moment; the other peer goes on where this one does.
          other.connection.abort()
        }
        return found
      }
      return nil
    }
    if let found { return found }
    try Task.checkCancellation()
    throw failures.explanation
  }
}

/// What failed in a race.
private final class Failures: Sendable {
  private let limit: Int
  private let errors = Mutex<[Int: any Error]>([:])

  /// - Parameter limit: With so many candidates failed, all is lost.
  init(limit: Int) {
    self.limit = limit
  }

  var areAll: Bool { errors.withLock { $0.count == limit } }

  /// A candidate has failed.
  ///
  /// - Returns: Whether it is worth another attempt.
  func canTryAgain(_ index: Int, after error: any Error) -> Bool {
    errors.withLock { errors in
      errors[index] = error
      return errors.count < limit && (error as? P2PCopyError)?.code == .relayUnreachable
    }
  }

  /// The failure that says most: where somebody was waited for in vain rather than where nobody could be reached.
  var explanation: any Error {
    errors.withLock { errors in
      let inOrder = errors.sorted { $0.key < $1.key }.map(\.value)
      return inOrder.first { ($0 as? P2PCopyError)?.code != .relayUnreachable } ?? inOrder.first ?? CancellationError()
    }
  }
}
