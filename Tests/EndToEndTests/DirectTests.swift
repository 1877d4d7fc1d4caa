import TestSupport
import Testing

/// `p2p-copy send PATH` with no relay: the shortest way in.
@Suite(.serialized) struct DirectTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.file("photos/a.bin", TestContent.random(2_500_000))
    try workspace.file("photos/deep/er/b.txt", "text".utf8)
    try workspace.file("photos/empty", [])
  }

  @Test(
    "The printed command receives",
    arguments: [
      [], ["--listen", "127.0.0.1:0"], ["--listen", "127.0.0.1"], ["--compress", "on"], ["--protocol", "1"],
    ])
  func thePrintedCommandReceives(options: [String]) async throws {
    let sender = try workspace.start(["send", "photos"] + options)
    let invitation = try Invitation(in: await Self.invitation(of: sender))
    let code = try #require(invitation.environment["P2P_COPY_CODE"])
    let isProtocol1 = options.contains("1")
    if !isProtocol1 { #expect(code.wholeMatch(of: /[0-9]{6}-[a-z]{5}-[a-z]{5}/) != nil) }
    #expect(invitation.arguments.contains("--encrypt") == isProtocol1)
    let receiver = try workspace.start(
      invitation.arguments, environment: invitation.environment, in: workspace.directory("out"))
    let (received, sent) = (await receiver.result(), await sender.result())
    #expect(received.status == 0, "\(received)")
    #expect(sent.status == 0, "\(sent)")
    try Content.expectSame(workspace["photos"], workspace["out/photos"])
    let directories = (isProtocol1 ? Dialect.encryptedProtocol1 : .protocol2).directories(3)
    #expect(received.output.hasPrefix("received 3 files,\(directories) 2.4 MiB in "), "\(received)")
    #expect(sent.output.contains("\nsent 3 files,\(directories) 2.4 MiB in "), "\(sent)")
    #expect(!(sent.errors + received.output + received.errors).contains(code), "the code is repeated")
  }

  /// All it has printed once the command for the other side is there.
  private static func invitation(of sender: RunningCommand) async throws -> String {
    try await sender.waitFor("the command for the receiver", on: .output) { text in
      text.contains(/p2p-copy receive .*\n/)
    }
  }

  @Test("It listens on loopback only")
  func itListensOnLoopbackOnly() async throws {
    let sender = try workspace.start(["send", "photos"])
    let port = try await Invitation(in: Self.invitation(of: sender)).port
    let expected = "0100007F:" + String(try #require(port), radix: 16, uppercase: true).leftPadded(to: 4)
    // The kernel's table is not read in one piece: a line can be missing while others come and go.
    try await eventually("it listens on \(expected) and nowhere else") {
      try ListeningSockets.addresses(of: sender.identifier) == [expected]
    }
  }

  @Test("It listens where it is told")
  func itListensWhereItIsTold() async throws {
    let sender = try workspace.start(["send", "photos", "--listen", "127.0.0.2:0"])
    let port = try await Invitation(in: Self.invitation(of: sender)).port
    let expected = "0200007F:" + String(try #require(port), radix: 16, uppercase: true).leftPadded(to: 4)
    // The kernel's table is not read in one piece: a line can be missing while others come and go.
    try await eventually("it listens on \(expected) and nowhere else") {
      try ListeningSockets.addresses(of: sender.identifier) == [expected]
    }
  }

  @Test(
    "A code of one's own is not printed",
    arguments: [("n=2=nmy own code", ["--protocol", "1"]), ("4821-my own code", []), ("my own code", [])])
  func aCodeOfOnesOwnIsNotPrinted(code: String, options: [String]) async throws {
    try workspace.file("code", "\(code)\n".utf8)
    let sender = try workspace.start(["send", "photos", "--code-file", "code"] + options)
    let invitation = try await Invitation(in: sender.waitFor("with the code you gave here\n", on: .output))
    #expect(invitation.environment.isEmpty)
    let received = try await workspace.run(invitation.arguments + ["--code-file", "code", "--out", "out"])
    let sent = await sender.result()
    #expect(received.status == 0, "\(received)")
    #expect(sent.status == 0, "\(sent)")
    #expect(!(sent.output + sent.errors).contains("my own"))
    try Content.expectSame(workspace["photos"], workspace["out/photos"])
  }

  @Test("Quiet prints the command and nothing else")
  func quietPrintsTheCommandAndNothingElse() async throws {
    let sender = try workspace.start(["send", "photos", "--quiet"])
    let printed = try await Self.invitation(of: sender)
    let invitation = try Invitation(in: printed)
    let received = try await workspace.run(
      invitation.arguments + ["--quiet", "--out", "out"], environment: invitation.environment)
    let sent = await sender.result()
    #expect(received.status == 0 && received.output.isEmpty && received.errors.isEmpty, "\(received)")
    #expect(sent.status == 0 && sent.output == printed && sent.errors.isEmpty, "\(sent)")
  }

  @Test("Nobody is invited to nothing")
  func nobodyIsInvitedToNothing() async throws {
    let sent = try await workspace.run(["send", "photos", "missing"])
    #expect(sent.status == 2, "\(sent)")
    #expect(sent.output.isEmpty, "\(sent)")
    #expect(sent.errorLines.count == 1 && sent.errors.contains("'missing'"), "\(sent)")
  }

  @Test("When nobody comes it ends")
  func whenNobodyComesItEnds() async throws {
    let sent = try await workspace.run(["send", "photos", "--wait", "1"])
    #expect(sent.status == 5, "\(sent)")
  }

  @Test("A port in use is named")
  func aPortInUseIsNamed() async throws {
    let relay = try await workspace.relay()
    let sent = try await workspace.run(["send", "photos", "--listen", "127.0.0.1:\(relay.port)"])
    #expect(sent.status == 18, "\(sent)")
    #expect(sent.errorLines.count == 1 && sent.errors.contains("\(relay.port)"), "\(sent)")
  }
}

extension String {
  /// The text with zeros in front of it up to a width.
  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: "0", count: max(0, width - count)) + self
  }
}

/// The command that a sender without a relay prints for the other side, taken apart as a shell would.
private struct Invitation {
  let environment: [String: String]
  let arguments: [String]

  /// Finds the command in what was printed.
  init(in text: String) throws {
    guard let line = text.split(separator: "\n").first(where: { $0.contains("p2p-copy receive") }) else {
      throw ToolFailure(description: "no command for the receiver in '\(text)'")
    }
    let words = line.split(separator: " ").map(String.init)
    let variables = words.prefix { $0 != "p2p-copy" }.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    guard variables.allSatisfy({ $0.count == 2 }) else { throw ToolFailure(description: "not a command: '\(line)'") }
    environment = Dictionary(variables.map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 })
    arguments = Array(words.drop { $0 != "p2p-copy" }.dropFirst())
  }

  /// The port of the sender's relay.
  var port: UInt16? { arguments.first { $0.hasPrefix("ws://") }?.split(separator: ":").last.flatMap { UInt16($0) } }
}
