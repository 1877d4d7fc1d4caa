import Foundation
import Glibc
import P2PCopyCore
import TestSupport
import Testing
import WebSocketFraming

/// Processes that die in the middle of a file, and going on afterwards.
@Suite(.serialized) struct FaultTests {
  /// Who dies.
  enum Victim: String, CaseIterable, Sendable {
    case sender, receiver, relay, connection
  }

  /// More than fits into the buffers on the way, so that the sender cannot be done while a proxy stands still.
  static let content = TestContent.random(64 << 20, seed: 7)

  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.file("src/big", Self.content)
    try workspace.file("src/small", [1, 2, 3])
  }

  /// A proxy before the sender that stops behind ten data messages, and passes on the others slowly: a signal is not
  /// seen at once, and the sender must not be done by then.
  private func stopping(_ relay: Relay) throws -> (proxy: Proxy, gate: Gate) {
    let gate = Gate()
    let counter = Counter()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      guard isFromPeer, frame.payload.count > 100_000 else { return [frame] }
      let number = counter.next()
      if number == 10 { gate.pass() }
      if number > 10 { usleep(15_000) }
      return [frame]
    }
    return (proxy, gate)
  }

  /// Runs both sides until the receiver has ten chunks on its disk.
  private func interrupted(
    _ relay: Relay, _ dialect: Dialect
  ) async throws -> (sender: RunningCommand, receiver: RunningCommand, proxy: Proxy, gate: Gate) {
    let (proxy, gate) = try stopping(relay)
    let receiver = try workspace.start(["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect.options)
    let sender = try workspace.start(["send", proxy.url, "4821-lusab-babad", "src"] + dialect.options)
    await gate.reached()
    try await eventually("ten chunks are on the disk") {
      Content.size(Content.partial("big", in: workspace["out/src"])) == 10 << 20
    }
    return (sender, receiver, proxy, gate)
  }

  @Test("Whoever dies the rest is told and can go on", arguments: Victim.allCases, Dialect.allCases)
  func whoeverDiesTheRestIsToldAndCanGoOn(victim: Victim, dialect: Dialect) async throws {
    let relay = try await workspace.relay()
    let (sender, receiver, proxy, gate) = try await interrupted(relay, dialect)
    switch victim {
    case .sender: sender.send(signal: SIGKILL)
    case .receiver: receiver.send(signal: SIGKILL)
    case .relay: relay.command.send(signal: SIGKILL)
    case .connection: proxy.cut()
    }
    gate.open()
    if victim == .sender { _ = await sender.result() }
    if victim == .receiver { _ = await receiver.result() }
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    if victim == .sender { #expect(pair.sent.signal == SIGKILL) } else { #expect(pair.sent.status == 6, "\(pair)") }
    if victim == .receiver {
      #expect(pair.received.signal == SIGKILL)
    } else {
      #expect(pair.received.status == 6, "\(pair)")
      #expect(pair.received.errors.contains("--resume"), "\(pair)")
    }
    try await goOn(with: victim == .relay ? workspace.relay() : relay, dialect, atLeast: 10 << 20)
  }

  @Test("An interrupted sender says so", arguments: [SIGINT, SIGHUP], Dialect.protocols)
  func anInterruptedSenderSaysSo(number: Int32, dialect: Dialect) async throws {
    let relay = try await workspace.relay()
    let (sender, receiver, _, gate) = try await interrupted(relay, dialect)
    sender.send(signal: number)
    gate.open()
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.sent.status == 130 && pair.sent.errors.contains("interrupted"), "\(pair)")
    #expect(pair.sent.output.hasPrefix("sent 0 files"), "\(pair)")
    #expect(pair.received.status == 6 && pair.received.errors.contains(dialect.interruption), "\(pair)")
    try await goOn(with: relay, dialect, atLeast: 10 << 20)
  }

  @Test("An interrupted receiver says so", arguments: Dialect.protocols)
  func anInterruptedReceiverSaysSo(dialect: Dialect) async throws {
    let relay = try await workspace.relay()
    let (sender, receiver, _, gate) = try await interrupted(relay, dialect)
    receiver.send(signal: SIGINT)
    gate.open()
    let pair = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(pair.received.status == 130 && pair.received.errors.contains("interrupted"), "\(pair)")
    #expect(pair.received.output.hasPrefix("received 0 files"), "\(pair)")
    #expect(pair.sent.status == 17 && pair.sent.errors.contains(dialect.interruption), "\(pair)")
    try await goOn(with: relay, dialect, atLeast: 10 << 20)
  }

  @Test("SIGTERM stops a transfer, to be gone on with", arguments: ["send", "receive"], Dialect.protocols)
  func sigtermStopsATransfer(command: String, dialect: Dialect) async throws {
    let relay = try await workspace.relay()
    let (sender, receiver, _, gate) = try await interrupted(relay, dialect)
    (command == "send" ? sender : receiver).send(signal: SIGTERM)
    gate.open()
    let (sent, received) = (await sender.result(), await receiver.result())
    let (stopped, other) = command == "send" ? (sent, received) : (received, sent)
    #expect(stopped.status == 22, "\(sent) \(received)")
    #expect(stopped.errors.contains("stopped by SIGTERM before the end; run the same commands again"), "\(stopped)")
    // It could go on with whoever is started again, but for --retry-for 0.
    #expect(other.status == 6 && other.errors.contains(dialect.stop), "\(other)")
    #expect(other.errors.contains("run the same commands again"), "\(other)")
    try await goOn(with: relay, dialect, atLeast: 10 << 20)
  }

  @Test("SIGTERM ends a process that nobody answers any more", arguments: Dialect.protocols)
  func sigtermEndsAProcessThatNobodyAnswers(dialect: Dialect) async throws {
    let relay = try await workspace.relay()
    let (sender, _, _, gate) = try await interrupted(relay, dialect)
    sender.send(signal: SIGTERM)
    let result = await sender.result()
    #expect(result.status == 22 && result.errors.contains("stopped by SIGTERM"), "\(result)")
    gate.open()
  }

  @Test("A deadline does what SIGTERM does", arguments: ["send", "receive"], Dialect.protocols)
  func aDeadlineDoesWhatSigtermDoes(command: String, dialect: Dialect) async throws {
    let relay = try await workspace.relay()
    let arguments = [command, relay.url, "4821-lusab-babad", "--deadline", "1s"] + dialect.options
    let result = try await workspace.run(arguments + (command == "send" ? ["src"] : []))
    #expect(result.status == 22 && result.errors.contains("stopped by its deadline"), "\(result)")
    // The code is free again.
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.options + ["--deadline", "1h"], receiving: dialect.options)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
  }

  @Test("A deadline that is none, or in the past, is an error", arguments: ["0", "soon", "1970-01-02T00:00:00Z"])
  func aDeadlineThatIsNoneIsAnError(deadline: String) async throws {
    let result = try await workspace.run(
      ["send", "ws://127.0.0.1:9", "4821-lusab-babad", "src", "--deadline", deadline])
    #expect(result.status == 2 && result.errors.contains("--deadline"), "\(result)")
  }

  @Test("Ctrl-C while waiting ends at once", arguments: ["send", "receive"])
  func ctrlCWhileWaitingEndsAtOnce(
    command: String
  ) async throws {
    let relay = try await workspace.relay()
    let running = try workspace.start(
      [command, relay.url, "4821-lusab-babad"] + (command == "send" ? ["src"] : []), streams: .terminal(columns: 80))
    try await running.waitFor("waiting for the ", on: .output)
    try running.type("\u{3}")
    let result = await running.result()
    #expect(result.status == 130, "\(result)")
    // The code is free again.
    let pair = try await workspace.transfer(["src"], relay: relay)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
  }

  @Test("A second Ctrl-C does not wait", arguments: Dialect.protocols)
  func aSecondCtrlCDoesNotWait(dialect: Dialect)
    async throws
  {
    let relay = try await workspace.relay()
    let (sender, _, _, gate) = try await interrupted(relay, dialect)
    // Nobody answers its goodbye, for which it waits a while.
    sender.send(signal: SIGINT)
    sender.send(signal: SIGINT)
    let result = await sender.result()
    #expect(result.status == 130, "\(result)")
    gate.open()
  }

  @Test("Between files of protocol 1 an end is a failure too")
  func betweenFilesOfProtocol1AnEndIsAFailureToo()
    async throws
  {
    let relay = try await workspace.relay()
    let proxy = try workspace.proxy(to: relay) { frame, _ in
      frame.opcode == .text && String(decoding: frame.payload, as: UTF8.self).contains("file_eof") ? nil : [frame]
    }
    let pair = try await workspace.transfer(
      ["src"], relay: relay, senderURL: proxy.url, sending: ["--protocol", "1"], receiving: ["--protocol", "1"])
    #expect(pair.sent.status == 6 && pair.received.status == 6, "\(pair)")
    #expect(Content.size(workspace["out/src/big"]) == nil)
  }

  @Test("Several connections of protocol 1 go on as well")
  func severalConnectionsOfProtocol1GoOnAsWell() async throws {
    let relay = try await workspace.relay()
    let gate = Gate()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.opcode == .binary { gate.pass() }
      return [frame]
    }
    for number in 0..<5 { try workspace.file("src/\(number)", TestContent.random(2_000_000, seed: UInt64(number))) }
    // A connection that the sender had not made yet when it died is waited for.
    let receiver = try workspace.start(
      ["receive", relay.url, "n=3=ncode", "--out", "out", "--protocol", "1", "--wait", "10"])
    let sender = try workspace.start(["send", proxy.url, "n=3=ncode", "src", "--protocol", "1"])
    await gate.reached()
    sender.send(signal: SIGKILL)
    _ = await sender.result()
    gate.open()
    let received = await receiver.result()
    #expect(received.status == 6, "\(received)")
    let again = try workspace.start(["receive", relay.url, "n=3=ncode", "--out", "out", "--protocol", "1"])
    let sent = try await workspace.run(["send", relay.url, "n=3=ncode", "--resume", "src", "--protocol", "1"])
    let result = await again.result()
    #expect(sent.status == 0 && result.status == 0, "\(sent) \(result)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  /// What is there is no more than a partial file; the same commands with `--resume` complete it and send only the rest.
  private func goOn(with relay: Relay, _ dialect: Dialect, atLeast kept: Int) async throws {
    let partial = Content.partial("big", in: workspace["out/src"])
    #expect(Content.size(workspace["out/src/big"]) == nil, "an incomplete file has its final name")
    let part = Content.bytes(partial) ?? []
    let isBeginning = Self.content.starts(with: part)
    #expect(part.count >= kept && isBeginning)
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.resuming, receiving: dialect.options)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    for result in [pair.sent, pair.received] {
      #expect(result.output.contains("MiB did not have to travel"), "\(result)")
    }
    let moved = Double(Self.content.count - part.count + 3) / Double(1 << 20)
    #expect(pair.received.output.contains(" \((moved * 10).rounded() / 10) MiB in "), "\(pair)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }
}
