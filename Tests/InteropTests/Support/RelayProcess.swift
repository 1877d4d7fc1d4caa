import TestSupport
import Testing

/// A relay of either tool, running.
struct RelayProcess: Sendable {
  let url: String
  private let tool: Tool
  private let process: ChildProcess

  /// Starts a relay on a free port and waits until it listens.
  ///
  /// - Parameters:
  ///   - tool: Whose relay.
  ///   - certificate: What it shows over TLS; plain `ws://` when `nil`.
  ///   - installation: Where the tools are.
  /// - Throws: An error with the relay's output when it does not come up.
  init(_ tool: Tool, certificate: TestCertificate?, installation: Installation) async throws {
    self.tool = tool
    let tls = certificate.map { ["--certfile", $0.certificateFile, "--keyfile", $0.keyFile] } ?? ["--no-tls"]
    let scheme = certificate == nil ? "ws://127.0.0.1" : "wss://localhost"
    switch tool {
    case .swift:
      let relay = try ChildProcess(
        installation.swift, ["run-relay-server", "localhost", "0", "--drain", "0"] + tls, in: "/")
      try await relay.waitUntil("the relay listens") { relay.output.contains("\n") }
      let port = try #require(relay.output.split(separator: "\n").first?.split(separator: ":").last.flatMap { Int($0) })
      url = "\(scheme):\(port)"
      process = relay
    case .python:
      // It says that it listens before it does.
      let port = try ReservedPort()
      let relay = try ChildProcess(
        installation.python, ["run-relay-server", "127.0.0.1", "\(port.number)"] + tls, in: "/")
      try await relay.waitUntil("the relay listens") { port.isListenedTo() }
      url = "\(scheme):\(port.number)"
      process = relay
    }
  }

  /// Stops the relay, which must still be running; ours must end in order.
  func stop() async {
    let wasRunning = process.isRunning
    switch tool {
    case .swift: process.interrupt()
    // It has no orderly end, and a program started from a worker thread has SIGTERM blocked unless it sees to it.
    case .python: process.kill()
    }
    let outcome = await process.end(within: ChildProcess.grace)
    #expect(wasRunning && outcome.status == (tool == .swift ? 0 : -9), "the relay did not last: \(outcome)")
  }
}

/// How a relay is reached.
enum Scheme: String, CaseIterable, Sendable {
  case ws
  case wss
}

/// Which of the relays.
struct RelayChoice: Hashable, Sendable {
  let tool: Tool
  let scheme: Scheme
}
