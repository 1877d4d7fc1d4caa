package import Logging
import NIOCore
package import P2PCopyCore

/// What sending and receiving have in common: worker threads, sessions side by side, events, the final error.
package enum Transfer {
  /// How many threads the transfers of a process share; a transfer with threads of its own has as many.
  package static var threadCount: Int { max(2, min(System.coreCount, 8)) + 1 }

  package typealias Session = @Sendable () async throws -> Void

  /// Runs the sessions that `prepare` makes.
  ///
  /// - Parameters:
  ///   - role: What this side is.
  ///   - threads: Whose threads the sessions run on.
  ///   - logger: Gets what the listener gets, and what the sessions say besides.
  ///   - reportsEachFile: Whether the listener hears of each file.
  ///   - listener: Hears about the transfer while it runs.
  ///   - prepare: Makes the sessions, which tell the monitor what they do.
  /// - Returns: What the transfer came to.
  /// - Throws: ``P2PCopyError``: the first session's that failed as a whole, otherwise the one that stands for the files
  ///   that failed.
  package static func run(
    as role: PeerRole, on threads: WorkerThreads.Kind = .shared, logger: Logger, reportsEachFile: Bool,
    _ listener: @escaping @Sendable (TransferEvents) async -> Void,
    _ prepare: @escaping @Sendable (TransferMonitor) throws -> [Session]
  ) async throws -> TransferSummary {
    var logger = logger
    logger[metadataKey: "role"] = "\(role)"
    logger.debug("the transfer begins")
    let monitor = TransferMonitor(reportsEachFile: reportsEachFile, logger: logger)
    // Its own task: when the transfer is cancelled, the listener still gets the events up to the summary.
    let listening = Task { await listener(monitor.events) }
    let error: P2PCopyError? = await WorkerThreads.run(on: threads) {
      do {
        return await runAll(try prepare(monitor), monitor)
      } catch {
        return wrap(error)
      }
    }
    let summary = monitor.finish()
    await listening.value
    // What failed here says more than the receiver's failure that follows from it.
    if let error = (error?.code == .peerFailed ? summary.error : nil) ?? error ?? summary.error ?? summary.metadataError
    {
      logger.info("the transfer failed", metadata: ["code": "\(error.code.name)", "error": "\(error.message)"])
      throw error
    }
    return summary
  }

  /// Runs sessions side by side. One that fails does not stop the others: what they carry still arrives.
  private static func runAll(_ sessions: [Session], _ monitor: TransferMonitor) async -> P2PCopyError? {
    monitor.open(sessionCount: sessions.count)
    return await withTaskGroup(of: P2PCopyError?.self) { group in
      for session in sessions {
        group.addTask {
          do {
            try await session()
            monitor.closeSession()
            return nil
          } catch {
            return wrap(error)
          }
        }
      }
      var first: P2PCopyError?
      for await error in group where first == nil { first = error }
      return first
    }
  }

  private static func wrap(_ error: any Error) -> P2PCopyError {
    switch StopRequest.explain(error) {
    case let error as P2PCopyError: error
    case is CancellationError:
      P2PCopyError(.cancelled, "interrupted", remedy: .resume)
    default: P2PCopyError(.internalError, "unexpected error", remedy: .report, cause: error)
    }
  }
}
