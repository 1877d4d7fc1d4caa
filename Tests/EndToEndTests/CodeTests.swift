import Foundation
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
    try workspace.file("file", Content.random(1000))
    try workspace.file("code", "\(Self.code)\r\n".utf8)
  }

  private func start(_ command: String, _ way: Way, _ relay: Relay, _ rest: [String]) throws -> RunningCommand {
    let place = way.isPositional ? [relay.url, Self.code] : ["--relay", relay.url]
    return try workspace.start(
      [command] + way.arguments + place + rest, environment: way.environment,
      streams: .pipes(input: Array(way.input.utf8)))
  }

  @Test(arguments: Way.all) func theCodeArrivesAndIsNotInTheProcessList(way: Way) async throws {
    let relay = try await workspace.relay()
    let receiver = try start("receive", way, relay, ["--out", "out"])
    try await receiver.waitFor("waiting for the sender")
    // It has told the relay by now that it waits: the list was overwritten before it connected.
    #expect(!(try Self.processList(of: receiver)).contains("secret"))
    let other = try #require(Way.all.first { $0.testDescription != way.testDescription })
    let sent = await (try start("send", other, relay, ["file"])).result()
    let received = await receiver.result()
    #expect(received.status == 0 && sent.status == 0, "\(received) \(sent)")
    #expect(Content.bytes(workspace["out/file"]) == Content.random(1000))
  }

  @Test(arguments: Way.all) func theSendersCodeIsNotInTheProcessList(way: Way) async throws {
    let relay = try await workspace.relay()
    let sender = try start("send", way, relay, ["--wait", "60", "file"])
    try await sender.waitFor("waiting for the receiver")
    #expect(!(try Self.processList(of: sender)).contains("secret"))
    #expect(try Self.processList(of: sender).contains("file"))
  }

  /// Options in between, and a code that looks like an option.
  @Test(arguments: [
    (["receive", "--wait", "60", "RELAY", "--out", "out", "4821-so secret a code"]),
    (["receive", "--protocol", "1", "--out=out", "--", "RELAY", "-secret"]),
    (["send", "--ca-file", "a://b", "RELAY", "secret", "file"]),
  ])
  func aCodeAnywhereOnTheCommandLineIsHidden(arguments: [String]) async throws {
    let relay = try await workspace.relay()
    let command = try workspace.start(arguments.map { $0 == "RELAY" ? relay.url : $0 })
    try await command.waitFor("waiting for the ")
    #expect(!(try Self.processList(of: command)).contains("secret"))
  }

  @Test(arguments: ["send", "receive"]) func withoutACodeAndATerminalThereIsAnError(command: String) async throws {
    let result = try await workspace.run(
      [command, "--relay", "ws://127.0.0.1:9"] + (command == "send" ? ["file"] : []))
    #expect(result.status == 2 && result.errorLines.count == 1, "\(result)")
    #expect(result.errors.contains("--code-file") && result.errors.contains("P2P_COPY_CODE"), "\(result)")
  }

  @Test func aMissingOrEmptyCodeFileIsAnError() async throws {
    try workspace.file("nothing", "\n".utf8)
    for file in ["missing", "nothing", "-"] {
      let result = try await workspace.run(["receive", "--relay", "ws://127.0.0.1:9", "--code-file", file])
      #expect(result.status == 2 && result.errorLines.count == 1, "\(result)")
    }
  }

  // MARK: - At a terminal

  @Test func itIsAskedForWithoutEcho() async throws {
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

  @Test(arguments: ["\u{3}", "\u{4}"]) func ctrlCAtThePromptEndsIt(key: String) async throws {
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
