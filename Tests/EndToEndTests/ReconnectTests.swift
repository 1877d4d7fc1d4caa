import Foundation
import Glibc
import P2PCopyCore
import TestSupport
import Testing
import WebSocketFraming

/// Processes and relays that die in the middle of a transfer which goes on by itself.
@Suite("Transfers that go on", .serialized) struct ReconnectTests {
  static let content = TestContent.random(64 << 20, seed: 8)

  let workspace: Workspace

  /// As a person has it who sets nothing.
  let environment = ["P2P_COPY_RETRY_FOR": ""]

  init() throws {
    workspace = try Workspace()
    try workspace.file("src/big", Self.content)
    for number in 0..<50 { try workspace.file("src/small/\(number)", TestContent.random(3000, seed: UInt64(number))) }
  }

  private func start(_ arguments: [String]) throws -> RunningCommand {
    try workspace.start(arguments, environment: environment)
  }

  private func startReceiver(_ relays: [String]) throws -> RunningCommand {
    try workspace.file("code", Array("4821-lusab-babad".utf8))
    return try start(["receive", "--code-file", "code", "--out", "out"] + relays.flatMap { ["--relay", $0] })
  }

  private func startSender(_ relays: [String]) throws -> RunningCommand {
    try workspace.file("code", Array("4821-lusab-babad".utf8))
    return try start(["send", "--code-file", "code", "src"] + relays.flatMap { ["--relay", $0] })
  }

  /// A proxy that passes ten large messages on as they come and the others slowly, so that nobody is done before a test has
  /// done what it wants to do.
  private func slowed(_ relay: Relay) throws -> (proxy: Proxy, gate: Gate) {
    let gate = Gate()
    gate.open()
    let counter = Counter()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      guard isFromPeer, frame.payload.count > 100_000 else { return [frame] }
      let number = counter.next()
      if number == 10 { gate.pass() }
      if (11..<100).contains(number) { usleep(20_000) }
      return [frame]
    }
    return (proxy, gate)
  }

  private func expectTree() throws {
    try Content.expectSame(workspace["out/src"], workspace["src"])
  }

  @Test("The same command, run again after kill -9, goes on within the same transfer", arguments: ["send", "receive"])
  func killed(victim: String) async throws {
    let relay = try await workspace.relay()
    let (proxy, gate) = try slowed(relay)
    let receiver = try startReceiver([relay.url])
    let sender = try startSender([proxy.url])
    await gate.reached()
    try await eventually("a part is on the disk") {
      Content.size(Content.partial("big", in: workspace["out/src"])) ?? 0 >= 5 << 20
    }
    let (dead, survivor) = victim == "send" ? (sender, receiver) : (receiver, sender)
    dead.send(signal: SIGKILL)
    #expect(await dead.result().signal == SIGKILL)
    let again = victim == "send" ? try startSender([proxy.url]) : try startReceiver([relay.url])
    let (first, second) = (await survivor.result(), await again.result())
    #expect(first.status == 0 && second.status == 0, "\(first)\n\(second)")
    #expect(first.errors.contains("connection lost"), "\(first)")
    #expect(first.errors.contains("was started again"), "\(first)")
    #expect(second.output.contains("did not have to travel"), "\(second)")
    try expectTree()
  }

  @Test("A connection that is lost before anything was agreed is made good by both")
  func lostBeforeTheAgreement() async throws {
    let relay = try await workspace.relay()
    let counter = Counter()
    let gate = Gate()
    gate.open()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      // The sender's offer.
      guard !isFromPeer, frame.opcode == .binary, counter.next() == 0 else { return [frame] }
      gate.pass()
      return []
    }
    let receiver = try startReceiver([proxy.url])
    let sender = try startSender([relay.url])
    await gate.reached()
    proxy.cut()
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    try expectTree()
  }

  @Test("Whoever is stopped by SIGTERM is waited for until it is run again", arguments: ["send", "receive"])
  func stopped(victim: String) async throws {
    let relay = try await workspace.relay()
    let (proxy, gate) = try slowed(relay)
    let receiver = try startReceiver([relay.url])
    let sender = try startSender([proxy.url])
    await gate.reached()
    try await eventually("a part is on the disk") {
      Content.size(Content.partial("big", in: workspace["out/src"])) ?? 0 >= 5 << 20
    }
    let (stopped, survivor) = victim == "send" ? (sender, receiver) : (receiver, sender)
    stopped.send(signal: SIGTERM)
    let result = await stopped.result()
    #expect(result.status == 22, "\(result)")
    let again = victim == "send" ? try startSender([proxy.url]) : try startReceiver([relay.url])
    let (first, second) = (await survivor.result(), await again.result())
    #expect(first.status == 0 && second.status == 0, "\(first)\n\(second)")
    #expect(first.errors.contains("was started again"), "\(first)")
    #expect(second.output.contains("did not have to travel"), "\(second)")
    try expectTree()
  }

  @Test("A receiver on standard output does not wait for a sender that was stopped")
  func stoppedForAStream() async throws {
    let relay = try await workspace.relay()
    let (proxy, gate) = try slowed(relay)
    try workspace.file("code", Array("4821-lusab-babad".utf8))
    let receiver = try start(["receive", "--code-file", "code", "--stdout", "--relay", relay.url])
    let sender = try start(["send", "--code-file", "code", "src/big", "--relay", proxy.url])
    await gate.reached()
    sender.send(signal: SIGTERM)
    let (sent, received) = (await sender.result(), await receiver.result())
    #expect(sent.status == 22 && received.status == 6, "\(sent) \(received.errors)")
  }

  @Test("Where one of two relays dies, the transfer goes on over the other")
  func secondRelay() async throws {
    let (one, two) = (try await workspace.relay(), try await workspace.relay())
    let (proxy, gate) = try slowed(one)
    // Both can reach the second one at the beginning as well, but nothing comes through.
    let blocked = Gate()
    let other = try workspace.proxy(to: two) { frame, _ in
      blocked.pass()
      return [frame]
    }
    let receiver = try startReceiver([one.url, two.url])
    let sender = try startSender([proxy.url, other.url])
    await gate.reached()
    one.command.send(signal: SIGKILL)
    blocked.open()
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    #expect(pair.sent.errors.contains("connected again"), "\(pair)")
    try expectTree()
  }

  @Test("A relay that cannot be reached is named, and another one is used")
  func unreachableRelay() async throws {
    let relay = try await workspace.relay()
    let nowhere = "ws://127.0.0.1:9"
    let receiver = try startReceiver([nowhere, relay.url])
    let sender = try startSender([relay.url, nowhere])
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    #expect(pair.received.errors.contains("127.0.0.1:9"), "\(pair)")
    try expectTree()
  }

  @Test("When no relay can be reached, that is the error")
  func noRelay() async throws {
    let sender = try startSender(["ws://127.0.0.1:9", "ws://127.0.0.2:9"])
    let result = await sender.result()
    #expect(result.status == 3, "\(result)")
    #expect(result.errors.contains("127.0.0.1:9"), "\(result)")
  }

  @Test("A relay that is started again costs a moment")
  func relayAgain() async throws {
    let relay = try await workspace.relay()
    let (proxy, gate) = try slowed(relay)
    let receiver = try startReceiver([relay.url])
    let sender = try startSender([proxy.url])
    await gate.reached()
    relay.command.send(signal: SIGKILL)
    _ = await relay.command.result()
    let again = try await workspace.relay(port: relay.port)
    #expect(again.port == relay.port)
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    #expect(pair.received.errors.contains("connected again"), "\(pair)")
    try expectTree()
  }

  @Test("A connection that stands still holds nothing up: what it carried goes over the others")
  func stalled() async throws {
    let relay = try await workspace.relay()
    let (counter, gate) = (Counter(), Gate())
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      // Stops the connection that carries the 20th large message, in that direction, until the end.
      if isFromPeer, frame.payload.count > 100_000, counter.next() == 20 { gate.pass() }
      return [frame]
    }
    let receiver = try startReceiver([relay.url])
    let sender = try start(
      ["send", "--code-file", "code", "src", "--relay", proxy.url, "--connections", "4"])
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    #expect(counter.next() > 20)
    gate.open()
    try expectTree()
  }

  @Test("A duration in the environment that is none is an error")
  func environmentIsChecked() async throws {
    let result = try await workspace.run(
      ["send", "ws://127.0.0.1:9", "4821-lusab-babad", "src"], environment: ["P2P_COPY_RETRY_FOR": "soon"])
    #expect(result.status == 2, "\(result)")
    #expect(result.errors.contains("P2P_COPY_RETRY_FOR"), "\(result)")
    // What protocol 1 has not is not asked for by a variable that is for all transfers.
    let other = try await workspace.run(
      ["send", "ws://127.0.0.1:9", "code", "src", "--protocol", "1"], environment: ["P2P_COPY_RETRY_FOR": "30m"])
    #expect(other.status == 3, "\(other)")
  }
}
