import NIOPosix

/// A few threads on which a transfer's tasks run, so that reading, hashing, compressing and writing block nobody else.
///
/// Used as task executor: the code of a session is ordinary sequential code that may call blocking functions, and costs
/// no hop between threads for each of them.
final class WorkerThreads: TaskExecutor {
  private let pool: NIOThreadPool

  /// Starts the threads.
  package init(count: Int) {
    pool = NIOThreadPool(numberOfThreads: count)
    pool.start()
  }

  /// Runs a task's next piece on one of the threads.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // After shutdown the pool calls back on the caller's thread: the piece must run in any case.
    pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Runs `body` and its child tasks on threads made for it, which are gone when this returns.
  ///
  /// A thread that is still winding down when the process ends runs what libraries clean up for a thread, and that at the
  /// same time as what they clean up for the process: libcrypto crashes then, now and then, after everything was done.
  package static func run<Result: Sendable>(count: Int, _ body: @Sendable () async -> Result) async -> Result {
    let threads = WorkerThreads(count: count)
    let result = await withTaskExecutorPreference(threads) { await body() }
    await threads.join()
    return result
  }

  /// Ends the threads and waits for them. Called from none of them.
  private func join() async {
    await withCheckedContinuation { continuation in
      // Only the pool that a process shares fails to end.
      pool.shutdownGracefully { _ in continuation.resume() }
    }
  }
}
