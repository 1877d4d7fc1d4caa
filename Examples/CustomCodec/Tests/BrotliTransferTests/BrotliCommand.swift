import Foundation
import Synchronization

/// A process of `brotli-p2p-copy`; what it prints goes to files, so that no pipe can fill up.
final class BrotliCommand: Sendable {
  /// It was waited for something that never came.
  struct NeverCame: Error, CustomStringConvertible {
    let description: String
  }

  private struct State {
    let process: Process
    var isOver = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>
  private let outputFile: String
  private let errorsFile: String

  /// Starts it.
  ///
  /// - Parameters:
  ///   - arguments: What stands behind its name.
  ///   - folder: Where it runs and where its output goes.
  ///   - name: Tells its output from that of others in the folder.
  /// - Throws: When it cannot be started.
  init(_ arguments: [String], in folder: TemporaryDirectory, as name: String) throws {
    outputFile = folder["\(name).output"]
    errorsFile = folder["\(name).errors"]
    for file in [outputFile, errorsFile] { try Data().write(to: URL(fileURLWithPath: file)) }
    let process = Process()
    // Beside the test bundle.
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("brotli-p2p-copy")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("P2P_COPY_") }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputFile))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorsFile))
    state = Mutex(State(process: process))
    process.terminationHandler = { [weak self] _ in self?.ended() }
    try process.run()
  }

  deinit {
    terminate()
  }

  /// What it has printed on standard output.
  var output: String { Self.text(outputFile) }

  /// What it has printed on standard error.
  var errors: String { Self.text(errorsFile) }

  /// Waits for its end; ends it when the test is cancelled.
  ///
  /// - Returns: Its exit status.
  func status() async -> Int32 {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if !state.isOver { state.waiters.append(continuation) }
          return state.isOver
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      terminate()
    }
    return state.withLock { $0.process.terminationStatus }
  }

  /// Waits until a text that it prints matches.
  ///
  /// - Parameters:
  ///   - pattern: What to wait for.
  ///   - text: Gives what was printed so far.
  /// - Returns: What the pattern's group matched, of the last match.
  /// - Throws: ``NeverCame``, or `CancellationError`.
  func waitFor(_ pattern: Regex<(Substring, Substring)>, in text: () -> String) async throws -> String {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if let match = text().matches(of: pattern).last { return String(match.1) }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw NeverCame(description: "what was waited for is not in: \(text())")
  }

  private func ended() {
    let waiters = state.withLock { state in
      state.isOver = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func terminate() {
    state.withLock { state in
      if !state.isOver, state.process.isRunning { state.process.terminate() }
    }
  }

  private static func text(_ file: String) -> String {
    String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
  }
}
