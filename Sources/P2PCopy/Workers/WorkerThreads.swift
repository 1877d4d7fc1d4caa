import NIOPosix

/// A few threads on which a transfer's tasks run, so that reading, hashing, compressing and writing block nobody else.
///
/// Used as task executor: the code of a session is ordinary sequential code that may call blocking functions, and costs
/// no hop between threads for each of them.
final class WorkerThreads: TaskExecutor {
  private let pool: NIOThreadPool

  /// Starts the threads.
  init(count: Int) {
    pool = NIOThreadPool(numberOfThreads: count)
    pool.start()
  }

  deinit {
    pool.shutdownGracefully { _ in }
  }

  /// Runs a task's next piece on one of the threads.
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // After shutdown the pool calls back on the caller's thread: the piece must run in any case.
    pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Runs `body` and its child tasks on threads made for it.
  static func run<Result: Sendable>(count: Int, _ body: @Sendable () async -> Result) async -> Result {
    let threads = WorkerThreads(count: count)
    return await withTaskExecutorPreference(threads) { await body() }
  }
}
