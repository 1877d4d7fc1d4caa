import Foundation
import Glibc
import TestSupport
import Testing

/// What is printed, to files and on terminals.
@Suite(.serialized) struct OutputTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.file("src/a file with a name of some length.bin", TestContent.random(30 << 20))
    try workspace.file("src/small", [1])
  }

  @Test("Quiet prints nothing")
  func quietPrintsNothing() async throws {
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(["src"], relay: relay, sending: ["--quiet"], receiving: ["--quiet"])
    for result in [pair.sent, pair.received] {
      #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty, "\(result)")
    }
  }

  @Test("Quiet prints errors")
  func quietPrintsErrors() async throws {
    try workspace.file("out/src/small", [2])
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(["src"], relay: relay, sending: ["--quiet"], receiving: ["--quiet"])
    #expect(pair.received.status == 13, "\(pair)")
    for result in [pair.sent, pair.received] {
      #expect(result.output.isEmpty && result.errorLines.count == 2, "\(result)")
      #expect(result.errorLines.first?.hasPrefix("failed: ") == true, "\(result)")
      #expect(result.errorLines.last == "p2p-copy: 1 entry failed; see above", "\(result)")
    }
  }

  @Test("Each failure is told once with a total", arguments: Dialect.protocols, [true, false])
  func eachFailureIsToldOnceWithATotal(dialect: Dialect, onTerminal: Bool) async throws {
    let names = ["one", "two", "three"]
    for name in names {
      try workspace.file("src/\(name)", [1])
      try workspace.file("out/src/\(name)", [2])
    }
    let relay = try await workspace.relay()
    let streams = onTerminal ? Command.Streams.terminal(columns: 200) : .pipes(input: [])
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect.options, streams: streams)
    let sender = try workspace.start(
      ["send", relay.url, "4821-lusab-babad", "src"] + dialect.options, streams: streams)
    let (sent, received) = (await sender.result(), await receiver.result())
    #expect(received.status == 13 && sent.status == 17, "\(sent) \(received)")
    // The sender of protocol 1 hears only that something failed.
    for result in dialect == .protocol2 ? [sent, received] : [received] {
      let text = result.output + result.errors
      for name in names {
        #expect(text.components(separatedBy: "src/\(name)' exists and was left alone").count == 2, "\(result)")
      }
      #expect(text.contains("p2p-copy: 3 entries failed; see above"), "\(result)")
      #expect(text.contains("; 3 failed"), "\(result)")
    }
  }

  @Test("Nothing is drawn before anything began")
  func nothingIsDrawnBeforeAnythingBegan() async throws {
    let relay = try await workspace.relay()
    let sent = try await workspace.run(
      ["send", relay.url, "4821-lusab-babad", "src", "--wait", "1"], streams: .terminal(columns: 80))
    #expect(sent.status == 5 && !sent.output.contains("%") && !sent.output.contains("[#"), "\(sent)")
  }

  @Test("Wide names do not wrap", arguments: [120, 80, 41, 20] as [UInt16])
  func wideNamesDoNotWrap(columns: UInt16)
    async throws
  {
    let name = String(repeating: "漢字", count: 20) + "é" + String(repeating: "🎉", count: 10)
    try workspace.file("wide/\(name)", TestContent.random(12 << 20))
    let relay = try await workspace.relay()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.payload.count > 1000 { usleep(60_000) }
      return [frame]
    }
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"], streams: .terminal(columns: columns))
    let sender = try workspace.start(["send", proxy.url, "4821-lusab-babad", "wide"])
    let (sent, received) = (await sender.result(), await receiver.result())
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
    let progress = Self.drawn(received.output).filter { $0.contains("%") }
    #expect(!progress.isEmpty, "\(received)")
    for line in progress {
      let width = line.unicodeScalars.reduce(0) { $0 + ($1.value < 0x2E80 ? 1 : 2) }
      #expect(width < columns, "\(line)")
    }
    if columns == 120 { #expect(progress.contains { $0.hasSuffix("🎉") }, "\(progress)") }
  }

  @Test("Away from a terminal there are plain lines")
  func awayFromATerminalThereArePlainLines() async throws {
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(["src"], relay: relay)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    for (result, verb) in [(pair.sent, "sent"), (pair.received, "received")] {
      #expect(!(result.output + result.errors).contains { $0.isASCII && $0 < " " && $0 != "\n" }, "\(result)")
      // One line of result on standard output, the rest elsewhere.
      #expect(result.output.split(separator: "\n").count == 1, "\(result)")
      #expect(result.output.hasPrefix("\(verb) 2 files, 1 directory, 30.0 MiB in "), "\(result)")
      #expect(result.errors.contains("\(verb) src/small (1 B)\n"), "\(result)")
    }
  }

  /// The lines a terminal would show, drawn over or not: what stands between carriage returns and line feeds.
  private static func drawn(_ text: String) -> [String] {
    text.replacing(/\u{1B}\[(K|\?7[lh])/, with: "")
      .split(whereSeparator: { $0 == "\r" || $0 == "\n" || $0 == "\r\n" }).map(String.init)
  }

  @Test("On a terminal a line is drawn over", arguments: [200, 80, 40, 20, 5] as [UInt16])
  func onATerminalALineIsDrawnOver(columns: UInt16) async throws {
    let relay = try await workspace.relay()
    let gate = Gate()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.payload.count > 1000 { usleep(20_000) }
      return [frame]
    }
    gate.open()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"], streams: .terminal(columns: columns))
    let sender = try workspace.start(
      ["send", proxy.url, "4821-lusab-babad", "src"], streams: .terminal(columns: columns))
    let (sent, received) = (await sender.result(), await receiver.result())
    for result in [sent, received] {
      #expect(result.status == 0, "\(result)")
      let progress = Self.drawn(result.output).filter { $0.contains("%") }
      #expect(!progress.isEmpty, "\(result)")
      #expect(progress.allSatisfy { $0.count < columns }, "\(progress)")
      // The last thing is the summary on a line of its own.
      #expect(Self.drawn(result.output).last?.contains(" 2 files, 1 directory, 30.0 MiB in ") == true, "\(result)")
      if columns >= 80 {
        #expect(
          progress.contains { $0.contains("[#") && $0.contains("MiB/s") && $0.contains(" s left") }, "\(progress)")
      }
      if columns == 40 { #expect(progress.contains { $0.hasSuffix(" s left") }, "\(progress)") }
    }
  }

  @Test("Ctrl-C leaves a whole line")
  func ctrlCLeavesAWholeLine() async throws {
    let relay = try await workspace.relay()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.payload.count > 1000 { usleep(60_000) }
      return [frame]
    }
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"], streams: .terminal(columns: 80))
    let sender = try workspace.start(["send", proxy.url, "4821-lusab-babad", "src"])
    try await receiver.waitFor("%", on: .output)
    try receiver.type("\u{3}")
    let (received, sent) = (await receiver.result(), await sender.result())
    #expect(received.status == 130 && sent.status == 17, "\(received) \(sent)")
    let lines = Self.drawn(received.output)
    #expect(lines.suffix(2).first?.hasPrefix("received 0 files") == true, "\(received)")
    #expect(lines.last?.hasPrefix("p2p-copy: interrupted") == true, "\(received)")
  }

  /// Whoever closes the standard streams wants no output; a full disk is an error, and everything has arrived all the same.
  @Test(
    "A summary that cannot be printed",
    arguments: [(">/dev/full 2>&1", 19), ("<&- >&- 2>&-", 0), (">&- 2>&-", 0), ("<&-", 0)])
  func aSummaryThatCannotBePrinted(redirection: String, status: Int32) async throws {
    let relay = try await workspace.relay()
    let wrapper = ["sh", "-c", "exec \"$0\" \"$@\" \(redirection)"]
    let receiver = try workspace.start(["receive", relay.url, "4821-lusab-babad", "--out", "out"], wrapper: wrapper)
    let sent = try await workspace.run(["send", relay.url, "4821-lusab-babad", "src"], wrapper: wrapper)
    let received = await receiver.result()
    #expect(sent.status == status && received.status == status, "\(sent) \(received)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  static let commandsThatPrint = [
    ["code"], ["codecs"], ["--version"], ["--help"], ["send", "--help"], ["send", "--dry-run", "src"],
    ["verify", "out", "receipt"], ["send", "src"],
  ]

  private func receive() async throws {
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(["src"], relay: relay, receiving: ["--receipt", "receipt"])
    #expect(pair.received.status == 0, "\(pair)")
  }

  @Test("What cannot be printed is an error", arguments: commandsThatPrint)
  func whatCannotBePrintedIsAnError(
    arguments: [String]
  ) async throws {
    if arguments[0] == "verify" { try await receive() }
    for redirection in [">/dev/full", ">&-"] {
      let result = try await workspace.run(arguments, wrapper: ["sh", "-c", "exec \"$0\" \"$@\" \(redirection)"])
      #expect(result.status == 19 && result.errors.contains("cannot write to standard output"), "\(result)")
    }
  }

  /// A pipe that nobody reads from: opened by a descriptor that is closed before the command starts.
  @Test("A reader that went away is told nothing", arguments: commandsThatPrint)
  func aReaderThatWentAwayIsToldNothing(
    arguments: [String]
  ) async throws {
    if arguments[0] == "verify" { try await receive() }
    let script = "mkfifo pipe && exec 3<>pipe 4>pipe 3<&- && exec \"$0\" \"$@\" >&4 4>&-"
    let result = try await workspace.run(
      arguments + ["--quiet"].filter { _ in arguments == ["send", "src"] }, wrapper: ["sh", "-c", script])
    #expect(result.status == 141, "\(result)")
    #expect(!result.errors.contains("p2p-copy:"), "\(result)")
  }

  /// A pipe that does not block, whose reader is slower: everything comes.
  @Test("A pipe that does not block gets everything")
  func aPipeThatDoesNotBlockGetsEverything() async throws {
    let name = String(repeating: "n", count: 200)
    for number in 0..<1500 { try workspace.file("many/\(name)\(number)", []) }
    let script = """
      (dd oflag=nonblock if=/dev/null count=0 2>/dev/null; exec "$0" "$@" 2>errors; ) | (sleep 0.3; grep -c n1*)
      """
    let result = try await workspace.run(["send", "--dry-run", "many"], wrapper: ["sh", "-c", script])
    #expect(result.output == "1501\n", "\(result)")
  }

  @Test("Closed streams are not taken by connections")
  func closedStreamsAreNotTakenByConnections() async throws {
    let relay = try await workspace.relay()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"],
      wrapper: ["sh", "-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"])
    let descriptors = "/proc/\(receiver.identifier)/fd"
    func target(_ number: String) -> String? {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\(number)")
    }
    // A descriptor that SIGTERM comes to: bit 14 of its mask.
    func takesTermination(_ number: String) -> Bool {
      let information = try? String(contentsOfFile: "/proc/\(receiver.identifier)/fdinfo/\(number)", encoding: .utf8)
      return information?.contains("sigmask:\t0000000000004000") == true
    }
    try await eventually("it is p2p-copy, no shell any more, and takes care of signals") {
      let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(receiver.identifier)/exe")
      guard program.split(separator: "/").last == BinaryLocation.path.split(separator: "/").last else { return false }
      let names = try FileManager.default.contentsOfDirectory(atPath: descriptors)
      return ["0", "1", "2"].allSatisfy { target($0) != nil }
        && names.contains(where: takesTermination)
    }
    for number in 0...2 {
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\(number)") == "/dev/null")
    }
    receiver.send(signal: SIGTERM)
    let result = await receiver.result()
    #expect(result.status == 22, "\(result)")
  }

  /// Also where a shell ignores it for what runs in the background.
  @Test("Quit ends it at once", arguments: ["exec", "trap '' QUIT; exec"])
  func quitEndsItAtOnce(script: String)
    async throws
  {
    let relay = try await workspace.relay()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"], wrapper: ["sh", "-c", "\(script) \"$0\" \"$@\""])
    try await receiver.waitFor("waiting for the sender")
    receiver.send(signal: SIGQUIT)
    let result = await receiver.result()
    #expect(result.signal == SIGQUIT, "\(result)")
  }

  @Test("Version, help and codecs")
  func versionHelpAndCodecs() async throws {
    let version = try await workspace.run(["--version"])
    let lines = version.output.split(separator: "\n")
    #expect(
      version.status == 0 && lines.first?.split(separator: " ").first?.split(separator: ".").count == 3, "\(version)")
    for library in ["libcrypto 3.", "libzstd 1.", "libxxhash 0.", "libargon2"] {
      #expect(lines.last?.contains(library) == true, "\(version)")
    }
    for arguments in [
      ["--help"], ["send", "--help"], ["receive", "-h"], ["run-relay-server", "--help"], ["codecs", "--help"],
    ] {
      let help = try await workspace.run(arguments)
      #expect(help.status == 0 && help.output.contains("USAGE: p2p-copy") && help.errors.isEmpty, "\(help)")
    }
    for command in ["send", "receive", "run-relay-server"] {
      #expect(try await workspace.run([command, "--help"]).output.contains("EXAMPLES"))
    }
    let codecs = try await workspace.run(["codecs"])
    for name in [
      "websocket", "aes-256-gcm", "chacha20-poly1305", "zstd", "level", "xxh128", "sha256", "argon2id", "spake2-p256",
    ] {
      #expect(codecs.status == 0 && codecs.output.contains(name), "\(codecs)")
    }
  }
}
