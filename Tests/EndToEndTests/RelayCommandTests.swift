import Foundation
import Glibc
import TestSupport
import Testing
import WebSocketFraming

/// `p2p-copy run-relay-server`.
@Suite(.serialized) struct RelayCommandTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    // More than fits into the buffers on the way.
    try workspace.file("src/big", TestContent.random(64 << 20))
  }

  @Test("A certificate that is none is status 18", arguments: ["missing", "not-a-certificate"])
  func aCertificateThatIsNoneIsStatus18(file: String) async throws {
    try workspace.file("not-a-certificate", "hello".utf8)
    let result = try await workspace.run(
      ["run-relay-server", "127.0.0.1", "0", "--certfile", file, "--keyfile", file])
    #expect(result.status == 18 && result.errorLines.count == 1 && result.errors.contains(file), "\(result)")
    #expect(result.output.isEmpty, "\(result)")
  }

  @Test("An address of another machine is status 18")
  func anAddressOfAnotherMachineIsStatus18() async throws {
    let result = try await workspace.run(["run-relay-server", "203.0.113.1", "0", "--no-tls"])
    #expect(result.status == 18 && result.errorLines.count == 1 && result.errors.contains("203.0.113.1"), "\(result)")
  }

  @Test("A port in use is status 18")
  func aPortInUseIsStatus18() async throws {
    let relay = try await workspace.relay()
    let result = try await workspace.run(["run-relay-server", "127.0.0.1", "\(relay.port)", "--no-tls"])
    #expect(result.status == 18 && result.errorLines.count == 1, "\(result)")
    #expect(result.errors.contains("\(relay.port)"), "\(result)")
  }

  @Test("Localhost is loopback only")
  func localhostIsLoopbackOnly() async throws {
    let command = try workspace.start(["run-relay-server", "localhost", "0", "--no-tls"])
    try await command.waitFor("\n", on: .output)
    // The kernel's table is not read in one piece: a line can be missing while others come and go.
    var hosts: [Substring] = []
    try await eventually("it listens") {
      hosts = try ListeningSockets.addresses(of: command.identifier).map { $0.split(separator: ":")[0] }
      return !hosts.isEmpty
    }
    #expect(hosts.allSatisfy { $0 == "0100007F" || $0 == "00000000000000000000000001000000" }, "\(hosts)")
  }

  @Test("Without transfers a signal ends it", arguments: [SIGTERM, SIGINT])
  func withoutTransfersASignalEndsIt(
    number: Int32
  ) async throws {
    let relay = try await workspace.relay()
    relay.command.send(signal: number)
    let result = await relay.command.result()
    #expect(result.status == 0, "\(result)")
  }

  @Test(
    "A limit that cannot be is status 2",
    arguments: [
      ["--max-wait", "0"], ["--max-wait", "2592001"], ["--max-wait", "x"], ["--max-connections-per-address", "-1"],
    ])
  func aLimitThatCannotBeIsStatus2(options: [String]) async throws {
    let result = try await workspace.run(["run-relay-server", "127.0.0.1", "0", "--no-tls"] + options)
    #expect(result.status == 2 && result.errorLines.count == 1 && result.errors.contains(options[0]), "\(result)")
  }

  @Test("Who waits too long is told so", arguments: [[], ["--protocol", "1"]])
  func whoWaitsTooLongIsToldSo(dialect: [String]) async throws {
    let relay = try await workspace.relay(["--no-tls", "--max-wait", "1"])
    let result = try await workspace.run(["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect)
    #expect(result.status == 5 && result.errors.contains("within 1 seconds"), "\(result)")
  }

  @Test("One address has so many connections")
  func oneAddressHasSoManyConnections() async throws {
    let relay = try await workspace.relay(["--no-tls", "--max-connections-per-address", "2"])
    var waiting: [RunningCommand] = []
    for number in 0..<2 {
      let command = try workspace.start(["receive", relay.url, "\(number)-lusab-babad", "--out", "out \(number)"])
      try await command.waitFor("waiting for the sender")
      waiting.append(command)
    }
    let third = try await workspace.run(["receive", relay.url, "3-lusab-babad", "--out", "out 3"])
    #expect(third.status == 3, "\(third)")
    for command in waiting { command.send(signal: SIGINT) }
    for command in waiting { #expect(await command.result().status == 130) }
    let fourth = try await workspace.run(["receive", relay.url, "4-lusab-babad", "--out", "out 4", "--wait", "1"])
    #expect(fourth.status == 5, "\(fourth)")
    relay.command.send(signal: SIGTERM)
    #expect(await relay.command.result().errors.contains("too many connections from this address"))
  }

  /// Sends through a proxy that stops in the middle of the file.
  private func stoppedTransfer(
    _ relay: Relay
  ) async throws -> (sender: RunningCommand, receiver: RunningCommand, gate: Gate) {
    let gate = Gate()
    let counter = Counter()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.opcode == .binary, counter.next() == 5 { gate.pass() }
      return [frame]
    }
    let receiver = try workspace.start(["receive", relay.url, "4821-lusab-babad", "--out", "out"])
    let sender = try workspace.start(["send", proxy.url, "4821-lusab-babad", "src"])
    await gate.reached()
    return (sender, receiver, gate)
  }

  @Test("A running transfer may finish")
  func aRunningTransferMayFinish() async throws {
    let relay = try await workspace.relay(["--no-tls", "--drain", "60"])
    let waiting = try workspace.start(["receive", relay.url, "1-another code", "--out", "out2"])
    try await waiting.waitFor("waiting for the sender")
    let (sender, receiver, gate) = try await stoppedTransfer(relay)
    relay.command.send(signal: SIGTERM)
    // Who only waits is sent away: then the signal has been seen.
    let alone = await waiting.result()
    #expect(alone.status == 6 || alone.status == 4, "\(alone)")
    let late = try await workspace.run(["receive", relay.url, "2-late", "--wait", "1", "--out", "out3"])
    #expect(late.status == 3, "\(late)")
    gate.open()
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    let result = await relay.command.result()
    #expect(result.status == 0, "\(result)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  @Test("After the drain time it ends all the same")
  func afterTheDrainTimeItEndsAllTheSame() async throws {
    let relay = try await workspace.relay(["--no-tls", "--drain", "1"])
    let (sender, receiver, gate) = try await stoppedTransfer(relay)
    relay.command.send(signal: SIGTERM)
    let result = await relay.command.result()
    #expect(result.status == 0, "\(result)")
    gate.open()
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 6 && pair.received.status == 6, "\(pair)")
  }

  @Test("A second signal ends it at once")
  func aSecondSignalEndsItAtOnce() async throws {
    let relay = try await workspace.relay(["--no-tls", "--drain", "3600"])
    let waiting = try workspace.start(["receive", relay.url, "1-another code", "--out", "out2"])
    try await waiting.waitFor("waiting for the sender")
    let (sender, receiver, gate) = try await stoppedTransfer(relay)
    relay.command.send(signal: SIGTERM)
    _ = await waiting.result()
    relay.command.send(signal: SIGTERM)
    let result = await relay.command.result()
    #expect(result.status == 0 && !result.isOverdue, "\(result)")
    gate.open()
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 6 && pair.received.status == 6, "\(pair)")
  }

  @Test("The log has a line for each event and no code")
  func theLogHasALineForEachEventAndNoCode() async throws {
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(["src"], relay: relay)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    relay.command.send(signal: SIGTERM)
    let log = await relay.command.result().errors
    for event in ["listening", "waiting", "paired"] { #expect(log.contains(event), "\(log)") }
    #expect(log.split(separator: "\n").allSatisfy { $0.contains("p2p-copy.relay") }, "\(log)")
  }
}
