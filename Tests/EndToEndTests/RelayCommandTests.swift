import Glibc
import Testing
import WebSocketFraming

/// `run-relay-server` as a person and a service manager use it.
@Suite struct RelayCommandTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
  }

  @Test(
    arguments: [
      (["127.0.0.1", "0"], 2, "--certfile"), (["127.0.0.1", "0", "--certfile", "c.pem"], 2, "--keyfile"),
      (["127.0.0.1", "0", "--no-tls", "--keyfile", "k.pem"], 2, "--no-tls"),
      (["127.0.0.1", "0", "--certfile", "missing.pem", "--keyfile", "missing.key"], 18, "missing."),
      (["127.0.0.1", "65536", "--no-tls"], 2, "65536"), (["203.0.113.1", "0", "--no-tls"], 18, "203.0.113.1"),
    ])
  func whatCannotWorkIsNamed(options: [String], status: Int32, text: String) async throws {
    let result = try await workspace.run(["run-relay-server"] + options)
    #expect(result.status == status && result.errors.contains(text), "\(result)")
    #expect(result.errorLines.count == 1, "\(result)")
  }

  @Test func aPortInUseIsNamed() async throws {
    let relay = try await workspace.relay()
    let result = try await workspace.run(["run-relay-server", "127.0.0.1", "\(relay.port)", "--no-tls"])
    #expect(result.status == 18 && result.errors.contains("\(relay.port)"), "\(result)")
  }

  /// Starts a transfer that stops in the middle until the gate is opened.
  private func halfDone(_ relay: Relay) async throws -> (sender: RunningCommand, receiver: RunningCommand, gate: Gate) {
    try workspace.file("src/big", Content.random(24 << 20))
    let gate = Gate()
    let counter = Counter()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.opcode == .binary, counter.next() == 3 { gate.pass() }
      return [frame]
    }
    let receiver = try workspace.start(["receive", relay.url, "code", "--out", "out"])
    let sender = try workspace.start(["send", proxy.url, "code", "src", "--compress", "off"])
    await gate.reached()
    return (sender, receiver, gate)
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func aSignalLetsTransfersFinish(number: Int32) async throws {
    let relay = try await workspace.relay(["--no-tls", "--drain", "60"])
    let (sender, receiver, gate) = try await halfDone(relay)
    relay.command.send(signal: number)
    _ = try await relay.command.waitFor("draining")
    let late = try await workspace.run(["send", relay.url, "code", "src"])
    #expect(late.status == 3, "\(late)")
    gate.open()
    let (sent, received) = (await sender.result(), await receiver.result())
    #expect(sent.status == 0 && received.status == 0, "\(sent)\n\(received)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
    let ended = await relay.command.result()
    #expect(ended.status == 0, "\(ended)")
  }

  @Test func aSecondSignalEndsItAtOnce() async throws {
    let relay = try await workspace.relay(["--no-tls", "--drain", "3600"])
    let (sender, receiver, gate) = try await halfDone(relay)
    relay.command.send(signal: SIGTERM)
    _ = try await relay.command.waitFor("draining")
    relay.command.send(signal: SIGTERM)
    let ended = await relay.command.result()
    #expect(ended.status == 0, "\(ended)")
    gate.open()
    let (sent, received) = (await sender.result(), await receiver.result())
    #expect(sent.status == 6 && received.status == 6, "\(sent)\n\(received)")
    #expect(Content.size(workspace["out/src/big"]) == nil)
  }

  @Test func listingsGoToStandardOutput() async throws {
    let codecs = try await workspace.run(["codecs"])
    #expect(codecs.status == 0 && codecs.errors.isEmpty, "\(codecs)")
    for name in ["websocket", "zstd", "aes-256-gcm", "argon2id", "level = 3"] {
      #expect(codecs.output.contains(name), "\(codecs)")
    }
    let version = try await workspace.run(["--version"])
    #expect(version.status == 0 && version.output.contains("."), "\(version)")
    for command in [[], ["send"], ["receive"], ["run-relay-server"]] {
      let help = try await workspace.run(command + ["--help"])
      #expect(help.status == 0 && help.output.contains("EXAMPLES"), "\(help)")
    }
  }
}
