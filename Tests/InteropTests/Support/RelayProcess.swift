import Testing

/// A relay of either tool, running.
struct RelayProcess: Sendable {
  let url: String
  private let process: ChildProcess

  /// Starts a relay on a free port and waits until it listens.
  ///
  /// - Parameters:
  ///   - tool: Whose relay.
  ///   - certificate: What it shows over TLS; plain `ws://` when `nil`.
  ///   - installation: Where the tools are.
  /// - Throws: An error with the relay's output when it does not come up.
  init(_ tool: Tool, certificate: TestCertificate?, installation: Installation) async throws {
    let tls = certificate.map { ["--certfile", $0.certificate, "--keyfile", $0.key] } ?? ["--no-tls"]
    let scheme = certificate == nil ? "ws://127.0.0.1" : "wss://localhost"
    switch tool {
    case .swift:
      let relay = try ChildProcess(
        installation.swift, ["run-relay-server", "localhost", "0", "--drain", "0"] + tls, in: "/")
      try await Self.wait(for: relay) { relay.output.contains("\n") }
      let port = try #require(relay.output.split(separator: "\n").first?.split(separator: ":").last.flatMap { Int($0) })
      url = "\(scheme):\(port)"
      process = relay
    case .python:
      let port = try ReservedPort()
      let relay = try ChildProcess(
        installation.python, ["run-relay-server", "127.0.0.1", "\(port.number)"] + tls, in: "/")
      try await Self.wait(for: relay) { port.isListenedTo() }
      url = "\(scheme):\(port.number)"
      process = relay
    }
  }

  /// Stops the relay, which must still be running and end in order.
  func stop() async {
    let wasRunning = process.isRunning
    let outcome = await process.stop()
    // SIGTERM ends the Python relay as it ends any program that does not handle it.
    #expect(wasRunning && [0, -15].contains(outcome.status), "the relay did not last: \(outcome)")
  }

  private static func wait(for relay: ChildProcess, until isReady: () -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + ChildProcess.timeLimit
    while !isReady() {
      guard relay.isRunning, clock.now < deadline else {
        relay.kill()
        let outcome = await relay.end()
        throw RelayDidNotStart(description: "the relay did not start: \(outcome)")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
