import Foundation
import Glibc
import Synchronization
import TestSupport

/// A process that a test has started. A thread of its own collects what it prints, reaps it, and kills it when its time
/// is over.
final class RunningCommand: Sendable {
  /// One of the process's streams.
  enum Stream: Sendable {
    case output
    case errors
  }

  /// What was waited for did not come before the process ended.
  struct EndedEarly: Error, CustomStringConvertible {
    let awaited: String
    let result: CommandResult
    var description: String { "waited for \(awaited), but \(result)" }
  }

  private struct State {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var result: CommandResult?
    var isReaped = false
    var waiters: [(condition: @Sendable (State) -> Bool, resume: @Sendable () -> Void)] = []
  }

  /// The process's identifier.
  let identifier: pid_t

  private let title: String
  private let terminal: Int32?
  private let state = Mutex(State())
  private let isOver = DispatchSemaphore(value: 0)

  /// Starts a command.
  init(_ command: Command) throws {
    let spawned = try ProcessSpawner.start(command)
    identifier = spawned.identifier
    title = command.title
    if case .terminal = command.streams { terminal = spawned.output } else { terminal = nil }
    let deadline = ContinuousClock.now + command.timeLimit
    Thread.detachNewThread { self.attend(spawned, until: deadline) }
  }

  /// Whether it has not ended yet.
  var isRunning: Bool { state.withLock { $0.result == nil } }

  /// What it has printed so far.
  func printed(_ stream: Stream) -> String { state.withLock { Self.text(stream, $0) } }

  /// Waits until it has printed a text.
  ///
  /// - Returns: All it has printed on that stream.
  /// - Throws: ``EndedEarly``.
  @discardableResult
  func waitFor(_ text: String, on stream: Stream = .errors) async throws -> String {
    try await waitFor("'\(text)'", on: stream) { $0.contains(text) }
  }

  /// Waits until something is so of what it has printed on a stream.
  ///
  /// - Returns: All it has printed on that stream.
  /// - Throws: ``EndedEarly``.
  func waitFor(
    _ what: String, on stream: Stream, _ condition: @escaping @Sendable (String) -> Bool
  ) async throws -> String {
    await wait { $0.result != nil || condition(Self.text(stream, $0)) }
    let (printed, result) = state.withLock { (Self.text(stream, $0), $0.result) }
    if let result, !condition(printed) { throw EndedEarly(awaited: what, result: result) }
    return printed
  }

  /// Waits for its end.
  func result() async -> CommandResult {
    await wait { $0.result != nil }
    return state.withLock { $0.result }
      ?? CommandResult(title: title, status: nil, signal: nil, isOverdue: false, output: "", errors: "")
  }

  /// Sends it a signal, unless it has ended.
  func send(signal number: Int32) {
    state.withLock { if !$0.isReaped { _ = kill(identifier, number) } }
  }

  /// Types on its terminal.
  func type(_ text: String) throws {
    guard let terminal else { throw SystemCallError("no terminal", ENOTTY) }
    let bytes = Array(text.utf8)
    guard write(terminal, bytes, bytes.count) == bytes.count else { throw SystemCallError("cannot type") }
  }

  /// Kills it and returns when it is gone. For the end of a test.
  func finish() {
    send(signal: SIGKILL)
    isOver.wait()
    isOver.signal()
    if let terminal { close(terminal) }
  }

  private static func text(_ stream: Stream, _ state: State) -> String {
    String(decoding: stream == .output ? state.output : state.errors, as: UTF8.self)
  }

  private func wait(until condition: @escaping @Sendable (State) -> Bool) async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isMet = state.withLock { state in
        if condition(state) { return true }
        state.waiters.append((condition, { continuation.resume() }))
        return false
      }
      if isMet { continuation.resume() }
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let due = state.withLock { state in
      body(&state)
      let now = state
      let due = state.waiters.filter { $0.condition(now) }
      state.waiters.removeAll { $0.condition(now) }
      return due
    }
    for waiter in due { waiter.resume() }
  }

  // MARK: - On the thread

  private func attend(_ spawned: ProcessSpawner.Spawned, until deadline: ContinuousClock.Instant) {
    let isOverdue = collect(spawned, until: deadline)
    // Reaped under the lock, so that nobody signals an identifier that belongs to somebody else by then.
    var information = siginfo_t()
    while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    var status: Int32 = 0
    state.withLock { state in
      while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
      state.isReaped = true
    }
    if terminal == nil { close(spawned.output) }
    if let errors = spawned.errors { close(errors) }
    let signal = status & 0x7F
    change { state in
      state.result = CommandResult(
        title: title, status: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal,
        isOverdue: isOverdue, output: Self.text(.output, state), errors: Self.text(.errors, state))
    }
    isOver.signal()
  }

  /// Reads until both streams end, which they do with the process.
  private func collect(_ spawned: ProcessSpawner.Spawned, until deadline: ContinuousClock.Instant) -> Bool {
    var isOverdue = false
    var streams = [(spawned.output, Stream.output)]
    if let errors = spawned.errors { streams.append((errors, .errors)) }
    var memory = [UInt8](repeating: 0, count: 1 << 16)
    while !streams.isEmpty {
      var polled = streams.map { pollfd(fd: $0.0, events: Int16(POLLIN), revents: 0) }
      let left = max(.zero, deadline - .now)
      let milliseconds = isOverdue ? -1 : Int32(left / .milliseconds(1)) + 1
      let count = poll(&polled, nfds_t(polled.count), milliseconds)
      if count == 0 {
        isOverdue = true
        send(signal: SIGKILL)
      }
      for entry in polled where entry.revents != 0 {
        let byteCount = read(entry.fd, &memory, memory.count)
        if byteCount < 0, errno == EINTR { continue }
        if byteCount > 0 {
          let stream = streams.first { $0.0 == entry.fd }?.1 ?? .output
          change { state in
            if stream == .output { state.output += memory[..<byteCount] } else { state.errors += memory[..<byteCount] }
          }
        } else {
          streams.removeAll { $0.0 == entry.fd }
        }
      }
    }
    return isOverdue
  }
}
