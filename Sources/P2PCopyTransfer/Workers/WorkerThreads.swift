import NIOPosix
import Synchronization

/// The threads on which the tasks of a transfer run, so that reading, hashing, compressing and writing block nobody else.
///
/// Used as task executor: the code of a session is ordinary sequential code that may call blocking functions, and costs
/// no hop between threads for each of them. The threads belong to the process; what is here belongs to one transfer, and
/// knows when nothing of it runs any more.
package final class WorkerThreads: TaskExecutor {
  /// Whose threads a transfer runs on.
  package enum Kind: Sendable {
    /// Those that all transfers of the process share. What blocks them has to end by itself: disks and calculations do.
    case shared
    /// Some of its own, gone when it is over: for reads and writes that wait as long as somebody else likes, at a pipe or a
    /// terminal. On shared threads they would hold up every other transfer, among them the one that they wait for.
    case own
  }

  /// Started by the first transfer, and never ended: as many however many transfers there are.
  ///
  /// A thread that winds down when the process ends would run what libraries clean up for a thread at the same time as what
  /// they clean up for the process, and libcrypto crashes then, now and then. One that waits for work does nothing.
  private static let shared = startedPool()

  /// What of one transfer is queued or running.
  private struct State {
    var pieceCount = 0
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let pool: NIOThreadPool
  private let state = Mutex(State())

  private init(_ pool: NIOThreadPool) {
    self.pool = pool
  }

  private static func startedPool() -> NIOThreadPool {
    let pool = NIOThreadPool(numberOfThreads: Transfer.threadCount)
    pool.start()
    return pool
  }

  /// Runs a task's next piece on one of the threads.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.pieceCount += 1 }
    pool.submit { _ in
      job.runSynchronously(on: self.asUnownedTaskExecutor())
      self.pieceEnded()
    }
  }

  /// Runs `body` and its child tasks. Nothing of them runs when this returns, not even the end of a piece that frees memory:
  /// the process may end right after that.
  package static func run<Result: Sendable>(on kind: Kind, _ body: @Sendable () async -> Result) async -> Result {
    let pool = kind == .own ? startedPool() : shared
    let threads = WorkerThreads(pool)
    let result = await withTaskExecutorPreference(threads) { await body() }
    await threads.waitUntilIdle()
    if kind == .own { await end(pool) }
    return result
  }

  private func pieceEnded() {
    let waiting = state.withLock { state in
      state.pieceCount -= 1
      return state.pieceCount == 0 ? state.waiting.take() : nil
    }
    waiting?.resume()
  }

  /// Called once, on none of the threads, when no new piece can come.
  private func waitUntilIdle() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if state.pieceCount > 0 { state.waiting = continuation }
        return state.pieceCount == 0
      }
      if isIdle { continuation.resume() }
    }
  }

  /// Ends threads and waits for them. Called from none of them.
  private static func end(_ pool: NIOThreadPool) async {
    await withCheckedContinuation { continuation in
      // Only the pool that NIO shares fails to end.
      pool.shutdownGracefully { _ in continuation.resume() }
    }
  }
}
