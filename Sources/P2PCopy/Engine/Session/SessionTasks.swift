import P2PCopyCore
package import P2PCopyTransfer
import Synchronization

/// The tasks of one session, side by side: the first failure ends all of them, and so does the end of the work.
package struct SessionTasks: Sendable {
  /// What the end of a task means to the others.
  package enum Role: Sendable {
    /// What the session is for: when it is done, all is.
    case work
    /// Reads what the other side sends, whose last word says more than a connection that has ended.
    case reading
    /// Goes on as long as the work, or ends earlier.
    case service
  }

  private struct Member: Sendable {
    var name: String
    var role: Role
    var body: @Sendable () async throws -> Void
  }

  private let queues: [any FailableQueue]
  private var members: [Member] = []

  /// - Parameter queues: What the tasks wait for each other at: ended with the first failure.
  package init(failing queues: any FailableQueue...) {
    self.queues = queues
  }

  /// Adds a task; it starts with ``run()``.
  ///
  /// - Parameters:
  ///   - name: What a debugger calls it.
  ///   - role: What its end means.
  ///   - body: What it does.
  package mutating func add(
    _ name: String, as role: Role = .service, _ body: @escaping @Sendable () async throws -> Void
  ) {
    members.append(Member(name: name, role: role, body: body))
  }

  /// Runs the tasks until the work is done; then the others are cancelled.
  ///
  /// - Throws: What ended the session: of several failures the one that says what happened.
  package func run() async throws {
    let failures = FirstFailure()
    try await withThrowingTaskGroup(of: Role.self) { group in
      defer { group.cancelAll() }
      for member in members {
        group.addTask(name: member.name) {
          defer { if member.role == .reading { failures.readerIsDone() } }
          do {
            try await member.body()
          } catch {
            failures.record(error, isLastWord: member.role == .reading)
            for queue in queues { queue.fail(error) }
            throw error
          }
          return member.role
        }
      }
      do {
        while let ended = try await group.next() {
          if ended == .work { return }
        }
        throw P2PCopyError(.internalError, "a session ended without its work; please report it")
      } catch {
        throw await failures.explanation(for: error)
      }
    }
  }
}

/// Finds out which of several failures of one session says what happened: when a connection ends, the other side's last
/// word may still be on its way to the task that reads.
private final class FirstFailure: Sendable {
  private static let patience = Duration.seconds(1)

  private struct State {
    var error: (any Error)?
    var isReaderDone = false
  }

  private let state = Mutex(State())

  /// Takes note of a failure; what was cancelled is only a consequence.
  func record(_ error: any Error, isLastWord: Bool) {
    state.withLock { state in
      guard !(error is CancellationError) else { return }
      // A connection that has ended says what became of the other side, at most; its last word says why.
      let isReplaced =
        switch (state.error as? P2PCopyError)?.code {
        case .peerLeft: isLastWord || (error as? P2PCopyError)?.code != .peerLeft
        case .peerFailed: isLastWord && (error as? P2PCopyError)?.code != .peerLeft
        default: false
        }
      if state.error == nil || isReplaced { state.error = error }
    }
  }

  /// Nothing more will be read.
  func readerIsDone() {
    state.withLock { $0.isReaderDone = true }
  }

  /// What to throw for an error that ended the session: what the other side said, if it did.
  func explanation(for error: any Error) async -> any Error {
    guard !Task.isCancelled else { return CancellationError() }
    let code = (error as? P2PCopyError)?.code
    guard code == .peerLeft || code == .peerFailed || error is CancellationError else { return error }
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end, !state.withLock({ $0.isReaderDone }) {
      guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { break }
    }
    let recorded = state.withLock { $0.error }
    return (recorded as? P2PCopyError) ?? error
  }
}
