import Foundation
import Synchronization
import TestSupport

/// A program that a test runs: its output goes to files, so that no pipe fills up, and it cannot outlive its time limit.
final class ChildProcess: Sendable {
  /// How long anything may take; a run takes seconds, but a busy machine has its own pace.
  static let timeLimit = Duration.seconds(150)
  /// How long one side may go on when the other has failed.
  static let grace = Duration.seconds(20)

  private let process = Process()
  private let title: String
  private let files: TemporaryDirectory
  private let ended: Task<Void, Never>
  private let wasKilled = Mutex(false)

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - executable: The program's path.
  ///   - arguments: Its arguments.
  ///   - directory: Its working directory.
  ///   - environment: Variables besides those of the tests, without any that the tools read.
  /// - Throws: An error when it cannot be started.
  init(_ executable: String, _ arguments: [String], in directory: String, environment: [String: String] = [:]) throws {
    files = try TemporaryDirectory(isInMemory: false)
    title = ([executable] + arguments).joined(separator: " ")
    try RawFile.write([], to: files.path + "/stdout")
    try RawFile.write([], to: files.path + "/stderr")
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory, isDirectory: true)
    process.environment = Self.inherited.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let outputs = ["stdout", "stderr"].map { [files] in FileHandle(forWritingAtPath: files.path + "/" + $0) }
    // The program has its own copies; `Process` would keep these for good.
    defer { for output in outputs { try? output?.close() } }
    process.standardOutput = outputs[0]
    process.standardError = outputs[1]
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    process.terminationHandler = { _ in end.finish() }
    ended = Task { for await _ in ends {} }
    do {
      try process.run()
    } catch {
      end.finish()
      throw error
    }
  }

  deinit { kill() }

  /// Whether it still runs.
  var isRunning: Bool { process.isRunning }

  /// What it has printed on its standard output so far.
  var output: String { text("stdout") }

  /// What it has printed on its standard error so far.
  var errors: String { text("stderr") }

  /// Looks again and again until something is so, as long as the program runs and its time lasts.
  ///
  /// - Throws: ``NeverHappened`` with the program's output.
  func waitUntil(_ what: String, _ isSo: () throws -> Bool) async throws {
    do {
      try await eventually(what, within: Self.timeLimit, while: { isRunning }, isSo)
    } catch let error as NeverHappened {
      kill()
      throw NeverHappened(description: "\(error): \(await end())")
    }
  }

  /// Waits for the end, at most `limit` long: then it is killed.
  func end(within limit: Duration = timeLimit) async -> ProcessOutcome {
    let timer = Task {
      try await Task.sleep(for: limit)
      wasKilled.withLock { $0 = true }
      kill()
    }
    await ended.value
    timer.cancel()
    let bySignal = process.terminationReason == .uncaughtSignal
    return ProcessOutcome(
      title: title, status: bySignal ? -process.terminationStatus : process.terminationStatus,
      isOverdue: wasKilled.withLock { $0 }, output: output, errors: errors)
  }

  /// Asks it to end, as a service manager would.
  func interrupt() {
    if process.isRunning { process.terminate() }
  }

  /// Ends it without asking.
  func kill() {
    if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
  }

  private func text(_ name: String) -> String {
    String(decoding: (try? RawFile.read(files.path + "/" + name)) ?? [], as: UTF8.self)
  }

  private static let inherited: [String: String] = {
    var environment = ProcessInfo.processInfo.environment.filter { name, _ in
      !name.hasPrefix("P2P_COPY_") && !name.hasPrefix("SSL_") && !name.lowercased().hasSuffix("_proxy")
    }
    environment["LC_ALL"] = "C.UTF-8"
    environment["TYPER_STANDARD_TRACEBACK"] = "1"
    return environment
  }()
}

/// How a program ended.
struct ProcessOutcome: Sendable, CustomStringConvertible {
  /// The command line.
  let title: String
  /// The exit status; the negated number of the signal that ended it.
  let status: Int32
  /// Whether it was killed because its time was over.
  let isOverdue: Bool
  /// What it printed on its standard output.
  let output: String
  /// What it printed on its standard error.
  let errors: String

  /// Everything that helps to find out what went wrong.
  var description: String {
    """
    \(isOverdue ? "KILLED, time is over" : "status \(status)"): \(title)
    --- stdout
    \(output.suffix(4_000))
    --- stderr
    \(errors.suffix(4_000))
    ---
    """
  }
}
