import Logging
import P2PCopyCore
import P2PCopyTransfer
import Synchronization

/// Waits, where the code says, for the other peer's process to be started again.
///
/// Whoever comes there proves that it knows the code, as at the beginning. Each handshake that fails may have been a guess at
/// it: they are counted over the whole transfer, and after a few it is over.
final class SuccessorWatch: Sendable {
  /// How many guesses at the code a transfer allows.
  static let maximumGuessCount = 3

  private static let backOff = BackOff(first: .seconds(1), limit: .seconds(30))

  /// How long the peer that is away is looked for before.
  let delay: Duration

  private let logger: Logger
  private let guessCount = Mutex(0)
  private let open: Opening

  /// Finds a peer by the code and shakes hands with it; a sender asks before each step.
  typealias Opening =
    @Sendable (_ buffers: MessageBufferPool?, _ may: @Sendable (Handshake.SenderStep) -> Bool) async throws
    -> OpenedSession

  /// - Parameters:
  ///   - delay: How long the peer that is away is looked for before.
  ///   - logger: Told of attempts that fail.
  ///   - open: Finds a peer by the code and shakes hands with it.
  init(delay: Duration, logger: Logger, open: @escaping Opening) {
    self.delay = delay
    self.logger = logger
    self.open = open
  }

  /// Waits until somebody comes who knows the code.
  ///
  /// - Parameters:
  ///   - buffers: Those of the connection that was lost.
  ///   - may: Asked, at the sender, before each step of a handshake.
  ///   - failed: Called after an attempt that came to nothing.
  /// - Returns: The session that begins.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/wrongCode`` after too many guesses; otherwise only
  ///   `CancellationError`.
  func awaitSuccessor(
    reusing buffers: MessageBufferPool?, if may: @Sendable (Handshake.SenderStep) -> Bool,
    failed: @Sendable () -> Void = {}
  ) async throws -> OpenedSession {
    var attempt = 0
    while true {
      do {
        return try await open(buffers, may)
      } catch {
        try Task.checkCancellation()
        failed()
        logger.debug("nobody came by the code", metadata: ["error": "\(error)"])
        if (error as? P2PCopyError)?.code == .wrongCode { try countGuess() }
      }
      attempt += 1
      try await Self.backOff.wait(before: attempt)
    }
  }

  private func countGuess() throws(P2PCopyError) {
    let count = guessCount.withLock { count in
      count += 1
      return count
    }
    logger.warning("somebody came who does not know the code", metadata: ["count": "\(count)"])
    guard count < Self.maximumGuessCount else {
      throw P2PCopyError(
        .wrongCode,
        "while the other side was away, \(count) came in its place and did not know the code: it was mistyped, or somebody"
          + " guesses", remedy: .changeCode)
    }
  }
}
