import Foundation
import TestSupport
import Testing

/// The ways to give a code, and that none of them shows it to other users of the machine.
@Suite(.serialized) struct CodeTests {
  /// A way to give a code: what is added to the command line, the environment and standard input.
  struct Way: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var arguments: [String] = []
    var environment: [String: String] = [:]
    var input = ""
    var isPositional = false

    static let all = [
      Way(testDescription: "positional", isPositional: true),
      Way(testDescription: "file", arguments: ["--code-file", "code"]),
      Way(
        testDescription: "standard input", arguments: ["--code-file", "-"], input: "4821-so secret a code\nnot this\n"),
      Way(testDescription: "environment", environment: ["P2P_COPY_CODE": "4821-so secret a code"]),
    ]
  }

  static let code = "4821-so secret a code"

  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.file("file", TestContent.random(1000))
    try workspace.file("code", "\(Self.code)\r\n".utf8)
  }

  private func start(_ command: String, _ way: Way, _ relay: Relay, _ rest: [String]) throws -> RunningCommand {
    let place = way.isPositional ? [relay.url, Self.code] : ["--relay", relay.url]
    return try workspace.start(
      [command] + way.arguments + place + rest, environment: way.environment,
      streams: .pipes(input: Array(way.input.utf8)))
  }

  @Test("The code arrives and is not in the process list", arguments: Way.all)
  func theCodeArrivesAndIsNotInTheProcessList(way: Way) async throws {
    let relay = try await workspace.relay()
    let receiver = try start("receive", way, relay, ["--out", "out"])
    try await receiver.waitFor("waiting for the sender")
    // It has told the relay by now that it waits: the list was overwritten before it connected.
    #expect(!(try Self.processList(of: receiver)).contains("secret"))
    let other = try #require(Way.all.first { $0.testDescription != way.testDescription })
    let sent = await (try start("send", other, relay, ["file"])).result()
    let received = await receiver.result()
    #expect(received.status == 0 && sent.status == 0, "\(received) \(sent)")
    #expect(Content.bytes(workspace["out/file"]) == TestContent.random(1000))
  }

  @Test("The sender's code is not in the process list", arguments: Way.all)
  func theSendersCodeIsNotInTheProcessList(
    way: Way
  ) async throws {
    let relay = try await workspace.relay()
    let sender = try start("send", way, relay, ["--wait", "60", "file"])
    try await sender.waitFor("waiting for the receiver")
    #expect(!(try Self.processList(of: sender)).contains("secret"))
    #expect(try Self.processList(of: sender).contains("file"))
  }

  /// Options in between, and a code that looks like an option.
  @Test(
    "A code anywhere on the command line is hidden",
    arguments: [
      (["receive", "--wait", "60", "RELAY", "--out", "out", "4821-so secret a code"]),
      (["receive", "--protocol", "1", "--out=out", "--", "RELAY", "-secret"]),
      (["send", "--ca-file", "a://b", "RELAY", "secret", "file"]),
      (["receive", "--protocol", "1", "RELAY", "-secret"]),
      (["send", "RELAY", "--wait=60", "n=2=nsecret", "--protocol=1", "file"]),
    ])
  func aCodeAnywhereOnTheCommandLineIsHidden(arguments: [String]) async throws {
    let relay = try await workspace.relay()
    let command = try workspace.start(arguments.map { $0 == "RELAY" ? relay.url : $0 })
    try await command.waitFor("waiting for the ")
    #expect(!(try Self.processList(of: command)).contains("secret"))
  }

  /// Whatever is wrong with a command, its message does not have the code.
  @Test(
    "An error does not have the code",
    arguments: [
      ["receive", "RELAY", "482137-lusab-babad", "more"], ["receive", "482137-lusab-babad", "RELAY"],
      ["receive", "lusab-babad-gutih-tugad"], ["receive", "--relay", "RELAY", "482137-lusab-babad"],
      ["receive", "--code-file", "482137-lusab-babad", "--relay", "RELAY"],
      ["receive", "--code-file=my lusab", "--relay=RELAY"],
      ["receive", "--code", "482137-lusab-babad", "RELAY"], ["receive", "--code=my lusab", "RELAY"],
      ["receive", "RELAY", "--wait", "482137-lusab-babad"], ["receive", "RELAY", "--frobnicate=482137-lusab-babad"],
      ["receive", "--relay", "482137-lusab-babad"], ["code", "482137-lusab-babad"], ["482137-lusab-babad"],
      ["send", "482137-lusab-babad", "RELAY", "file"], ["send", "my lusab", "RELAY", "file"],
      ["send", "--relay", "RELAY", "my lusab", "file"], ["send", "P2P_COPY_CODE=lusab", "file"],
      ["send", "file", "482137-lusab-babad"],
      ["send", "--quiet", "RELAY", "\u{201C}482137\u{2013}LUSAB-babad\u{201D}", "missing"],
    ])
  func anErrorDoesNotHaveTheCode(arguments: [String]) async throws {
    let result = try await workspace.run(arguments.map { $0.replacing("RELAY", with: "ws://127.0.0.1:9") })
    #expect(result.status == 2 && result.errorLines.count == 1, "\(result)")
    #expect(!(result.errors + result.output).lowercased().contains("lusab"), "\(result)")
  }

  /// Neither in the environment that the system shows nor in a core dump.
  @Test("A code is not in the environment")
  func aCodeIsNotInTheEnvironment() async throws {
    let relay = try await workspace.relay()
    let command = try start("receive", Way.all[3], relay, ["--out", "out"])
    try await command.waitFor("waiting for the sender")
    let limits = try String(contentsOfFile: "/proc/\(command.identifier)/limits", encoding: .utf8)
    let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
    #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"], "\(core)")
    // Who may not read it has no secret either.
    let environment = FileManager.default.contents(atPath: "/proc/\(command.identifier)/environ") ?? Data()
    #expect(!String(decoding: environment, as: UTF8.self).contains("secret"))
  }

  /// With the code in the environment or a file, what follows the relay are paths.
  @Test("A code given elsewhere leaves paths", arguments: [Way.all[1], Way.all[3]])
  func aCodeGivenElsewhereLeavesPaths(
    way: Way
  ) async throws {
    let relay = try await workspace.relay()
    let receiver = try start("receive", Way.all[0], relay, ["--out", "out"])
    let sent = try await workspace.run(["send"] + way.arguments + [relay.url, "file"], environment: way.environment)
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
    #expect(Content.bytes(workspace["out/file"]) == TestContent.random(1000))
    let refused = try await workspace.run(
      ["receive"] + way.arguments + [relay.url, "something"], environment: way.environment)
    #expect(refused.status == 2 && refused.errors.contains("P2P_COPY_CODE"), "\(refused)")
    #expect(!refused.errors.contains("something"), "\(refused)")
  }

  /// What pasting does to a generated code is undone on both sides, and said.
  @Test("A pasted code meets")
  func aPastedCodeMeets() async throws {
    let relay = try await workspace.relay()
    try workspace.file("pasted", "\u{FEFF}\r\n  482137\u{2013}LUSAB\u{2011}babad \r\n".utf8)
    let receiver = try workspace.start(["receive", "--relay", relay.url, "--code-file", "pasted", "--out", "out"])
    let sent = try await workspace.run(
      ["send", relay.url, "file"], environment: ["P2P_COPY_CODE": "\u{201C}482137-lusab-babad.\u{201D}"])
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
    #expect(
      sent.errors.contains("note: the code was read without the quotation marks, without the full stop"), "\(sent)")
    #expect(received.errors.contains("in small letters, with '-' for other dashes"), "\(received)")
    #expect(!(sent.errors + received.errors).lowercased().contains("lusab"), "\(sent) \(received)")
  }

  @Test("Without a code and a terminal there is an error", arguments: ["send", "receive"])
  func withoutACodeAndATerminalThereIsAnError(command: String) async throws {
    let result = try await workspace.run(
      [command, "--relay", "ws://127.0.0.1:9"] + (command == "send" ? ["file"] : []))
    #expect(result.status == 2 && result.errorLines.count == 1, "\(result)")
    #expect(result.errors.contains("--code-file") && result.errors.contains("P2P_COPY_CODE"), "\(result)")
  }

  @Test("A missing or empty code file is an error")
  func aMissingOrEmptyCodeFileIsAnError() async throws {
    try workspace.file("nothing", "\n".utf8)
    for file in ["missing", "nothing", "-"] {
      let result = try await workspace.run(["receive", "--relay", "ws://127.0.0.1:9", "--code-file", file])
      #expect(result.status == 2 && result.errorLines.count == 1, "\(result)")
    }
  }

  // MARK: - At a terminal

  @Test("It is asked for without echo")
  func itIsAskedForWithoutEcho() async throws {
    let relay = try await workspace.relay()
    let receiver = try start("receive", Way.all[1], relay, ["--out", "out"])
    let sender = try workspace.start(
      ["send", "file", "--relay", relay.url], streams: .terminal(columns: 80))
    try await sender.waitFor("code: ", on: .output)
    // Backspace takes back one character.
    try sender.type("4821-so secret a codé\u{7F}e\r")
    let (sent, received) = (await sender.result(), await receiver.result())
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
    #expect(!sent.output.contains("secret"), "\(sent)")
  }

  @Test("Ctrl-C at the prompt ends it", arguments: ["\u{3}", "\u{4}"])
  func ctrlCAtThePromptEndsIt(key: String)
    async throws
  {
    let command = try workspace.start(
      ["receive", "--relay", "ws://127.0.0.1:9"], streams: .terminal(columns: 80))
    try await command.waitFor("code: ", on: .output)
    try command.type("abc" + key)
    let result = await command.result()
    #expect(result.status == 130, "\(result)")
  }

  private static func processList(of command: RunningCommand) throws -> String {
    let bytes = FileManager.default.contents(atPath: "/proc/\(command.identifier)/cmdline") ?? Data()
    let text = String(decoding: bytes, as: UTF8.self)
    try #require(text.contains("p2p-copy"))
    return text
  }
}
