import Foundation
import Synchronization
import TestSupport
import Testing

/// Wrong arguments, and ways for two peers not to meet.
@Suite(.serialized) struct UsageTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.file("file", TestContent.random(1000))
    try workspace.file("other/file", [1])
    try workspace.directory("nothing/at/all")
    try workspace.file("code", "code".utf8)
  }

  @Test(
    "Wrong usage is one line and status 2",
    arguments: [
      (["frobnicate"], "frobnicate"),
      (["send"], "path"),
      (["send", "ws://127.0.0.1:9", "4821-lusab-babad"], "nothing to send"),
      (["send", "ws://127.0.0.1:9", "4821-lusab-babad", "missing"], "'missing'"),
      (["send", "ws://127.0.0.1:9", "4821-lusab-babad", "file", "missing"], "'missing'"),
      (["send", "ws://127.0.0.1:9", "4821-lusab-babad", "file", "other/file"], "'file'"),
      (["send", "--protocol", "1", "ws://127.0.0.1:9", "4821-lusab-babad", "nothing"], "'nothing'"),
      (["send", "ws://127.0.0.1:9", "4821-lusab-babad", ""], "''"),
      (["send", "ws://127.0.0.1:9", "", "file"], "code is empty"),
      (["send", "--frobnicate", "file"], "--frobnicate"),
      (["send", "--compress", "perhaps", "file"], "perhaps"),
      (["send", "--codec", "zstd.level=23", "file"], "zstd.level takes a number from -131072 to 22, not '23'"),
      (["send", "--codec", "zstd.level=9", "--codec", "zstd.window=9", "file"], "zstd has no parameter 'window'"),
      (["send", "--codec", "aes-256-gcm.level=9", "file"], "aes-256-gcm has no parameter 'level'"),
      (["send", "--codec", "zstd.level=9", "--level", "9", "file"], "leave out one"),
      (["send", "--level", "23", "--dry-run", "file"], "zstd.level takes a number from -131072 to 22, not '23'"),
      (["send", "--codec", "zstd.level=9", "--protocol", "1", "file"], "--codec"),
      (["receive", "--codec", "gzip.level=9", "ws://127.0.0.1:9"], "no codec 'gzip'"),
      (["receive", "--codec", "482137-lusab-babad", "ws://127.0.0.1:9"], "NAME.PARAMETER=VALUE"),
      (["send", "--wait", "0", "file"], "--wait"),
      (["send", "--wait", "soon", "file"], "soon"),
      (["send", "--listen", "nonsense:port", "file"], "nonsense:port"),
      (["send", "--relay", "ws://127.0.0.1:9", "--listen", "127.0.0.1", "file"], "--listen"),
      (["send", "--relay", "ws://127.0.0.1:9", "ws://127.0.0.1:9", "4821-lusab-babad", "file"], "twice"),
      (["send", "--protocol", "1", "ws://127.0.0.1:9", "n=65=ncode", "file"], "64"),
      (["send", "--no-encrypt", "ws://127.0.0.1:9", "4821-lusab-babad", "file"], "--no-encrypt"),
      (["send", "--protocol", "3", "ws://127.0.0.1:9", "4821-lusab-babad", "file"], "3"),
      (["receive", "--protocol", "1", "--receipt", "r", "ws://127.0.0.1:9", "4821-lusab-babad"], "--receipt"),
      (["receive"], "no relay"),
      (["receive", "4821-lusab-babad"], "first argument is not a relay"),
      (["receive", "--relay", "ws://127.0.0.1:9", "4821-lusab-babad"], "--code-file, P2P_COPY_CODE or the prompt"),
      (["receive", "ws://127.0.0.1:9", "4821-lusab-babad", "more"], "--out DIR"),
      (["receive", "ws://127.0.0.1:9", "other"], "'other' is a file or directory here"),
      (["send", "ws://127.0.0.1:9", "other/", "file"], "'other/' is a file or directory here"),
      (["send", "localhost:8765", "4821-lusab-babad", "file"], "ws://localhost:8765"),
      (["receive", "localhost:8765", "4821-lusab-babad"], "ws://localhost:8765"),
      (["send", "--relay", "localhost:8765", "file"], "scheme is missing"),
      (["send", "file", "ws://127.0.0.1:9"], "a relay is the first argument"),
      (["send", "--relay", "ws://127.0.0.1:9", "my-secret", "file"], "may be a code"),
      (["receive", "--on-conflict", "perhaps", "ws://127.0.0.1:9", "4821-lusab-babad"], "perhaps"),
      (["receive", "gopher://127.0.0.1", "4821-lusab-babad"], "gopher"),
      (["receive", "ws://", "4821-lusab-babad"], "'ws://'"),
      (["receive", "ws://127.0.0.1:99999", "4821-lusab-babad"], "port"),
      (["receive", "ws://127.0.0.1:9\u{1B}[2J", "4821-lusab-babad"], "\\u{1B}"),
      (["verify"], "dir"),
      (["verify", "other"], "receipt"),
      (["verify", "other", "missing.json"], "'missing.json'"),
      (["verify", "other", "nothing"], "'nothing'"),
      (["verify", "other", "code"], "'code' is not a receipt"),
      (["code", "more"], "more"),
      (["run-relay-server"], "host"),
      (["run-relay-server", "localhost", "0"], "--certfile"),
      (["run-relay-server", "localhost", "0", "--certfile", "code"], "--keyfile"),
      (["run-relay-server", "localhost", "0", "--no-tls", "--certfile", "code"], "--no-tls"),
      (["run-relay-server", "localhost", "port", "--no-tls"], "port"),
      (["run-relay-server", "localhost", "70000", "--no-tls"], "70000"),
      (["run-relay-server", "localhost", "0", "--no-tls", "--drain", "-1"], "--drain"),
    ] as [([String], String)])
  func wrongUsageIsOneLineAndStatus2(arguments: [String], named: String) async throws {
    let result = try await workspace.run(arguments)
    #expect(result.status == 2, "\(result)")
    #expect(result.errorLines.count == 1 && result.errors.contains(named), "\(result)")
    #expect(result.errors.hasPrefix("p2p-copy: "), "\(result)")
    #expect(result.output.isEmpty, "\(result)")
    #expect(!result.errors.dropLast().contains { $0.isASCII && $0 < " " }, "\(result)")
  }

  @Test("An unreachable relay is status 3", arguments: [["send", "file"], ["receive"]])
  func anUnreachableRelayIsStatus3(arguments: [String]) async throws {
    // Bound, so that nobody else gets the port, and closed before it is used.
    let port = try TCPSocket.listening().port()
    let result = try await workspace.run(
      arguments, environment: ["P2P_COPY_RELAY": "ws://127.0.0.1:\(port)", "P2P_COPY_CODE": "4821-lusab-babad"])
    #expect(result.status == 3, "\(result)")
    #expect(result.errorLines.count == 1 && result.errors.contains("127.0.0.1:\(port)"), "\(result)")
    #expect(result.output.isEmpty, "\(result)")
  }

  @Test("A name that does not exist is status 3")
  func aNameThatDoesNotExistIsStatus3() async throws {
    let result = try await workspace.run(["receive", "ws://relay.invalid", "4821-lusab-babad"])
    #expect(result.status == 3 && result.errors.contains("relay.invalid"), "\(result)")
  }

  @Test("Something that is no relay is status 3")
  func somethingThatIsNoRelayIsStatus3() async throws {
    let listener = try TCPSocket.listening()
    let port = try listener.port()
    let server = Task {
      try await offTask {
        let connection = listener.accepted()
        _ = connection?.read()
        connection?.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8))
        connection?.end()
      }
    }
    let result = try await workspace.run(["receive", "ws://127.0.0.1:\(port)", "4821-lusab-babad"])
    #expect(result.status == 3 && result.errorLines.count == 1, "\(result)")
    listener.end()
    try await server.value
  }

  @Test("A fresh code is all that is printed")
  func aFreshCodeIsAllThatIsPrinted() async throws {
    let first = try await workspace.run(["code"])
    let second = try await workspace.run(["code"])
    for result in [first, second] {
      #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
      #expect(result.output.wholeMatch(of: /[0-9]{6}-[a-z]{5}-[a-z]{5}\n/) != nil, "\(result)")
    }
    #expect(first.output != second.output)
  }

  @Test("The relay from the environment is used")
  func theRelayFromTheEnvironmentIsUsed() async throws {
    let relay = try await workspace.relay()
    let environment = ["P2P_COPY_RELAY": relay.url, "P2P_COPY_CODE": "4821-lusab-babad"]
    let receiver = try workspace.start(["receive", "--out", "out"], environment: environment)
    let sent = try await workspace.run(["send", "file", "other"], environment: environment)
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
    #expect(Content.bytes(workspace["out/other/file"]) == [1])
  }

  @Test("Parameters of codecs are taken on both sides")
  func parametersOfCodecsAreTakenOnBothSides() async throws {
    try workspace.file("text", (0..<20_000).flatMap { "line \($0 % 977)\n".utf8 })
    let relay = try await workspace.relay()
    var sizes: [Int] = []
    for level in ["-100000", "19"] {
      let passed = ByteTally()
      let proxy = try Proxy(to: relay.port) { frame, isFromPeer in
        if !isFromPeer { passed.add(frame.payload.count) }
        return [frame]
      }
      defer { proxy.stop() }
      let receiver = try workspace.start([
        "receive", proxy.url, "4821-lusab-babad", "--out", "out\(level)", "--codec", "zstd.level=1",
      ])
      let sent = try await workspace.run([
        "send", relay.url, "4821-lusab-babad", "text", "--compress", "on", "--codec=zstd.level=\(level)",
      ])
      let received = await receiver.result()
      #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
      #expect(Content.bytes(workspace["out\(level)/text"]) == Content.bytes(workspace["text"]))
      sizes.append(passed.total)
    }
    // What the receiver got is smaller by the sender's level, so it was in force.
    #expect(sizes[1] * 2 < sizes[0], "\(sizes)")
  }

  @Test("A code in use is status 4")
  func aCodeInUseIsStatus4() async throws {
    let relay = try await workspace.relay()
    let first = try workspace.start(["receive", relay.url, "4821-lusab-babad", "--out", "out"])
    try await first.waitFor("waiting for the sender")
    let second = try await workspace.run(["receive", relay.url, "4821-lusab-babad", "--out", "out2"])
    #expect(second.status == 4 && second.errors.contains("another receiver"), "\(second)")
    let sent = try await workspace.run(["send", relay.url, "4821-lusab-babad", "file"])
    let received = await first.result()
    #expect(sent.status == 0 && received.status == 0, "the first was disturbed: \(sent) \(received)")
  }

  @Test("A peer that never comes is status 5", arguments: ["send", "receive"])
  func aPeerThatNeverComesIsStatus5(
    command: String
  ) async throws {
    let relay = try await workspace.relay()
    let result = try await workspace.run(
      [command, relay.url, "4821-lusab-babad", "--wait", "1"] + (command == "send" ? ["file"] : ["--out", "out"]))
    #expect(result.status == 5 && result.errors.contains("same code"), "\(result)")
    #expect(result.output.isEmpty, "\(result)")
  }

  @Test("With different codes both are alone", arguments: Dialect.allCases)
  func withDifferentCodesBothAreAlone(
    dialect: Dialect
  ) async throws {
    let options = dialect.options
    let relay = try await workspace.relay()
    let receiver = try workspace.start(["receive", relay.url, "1-lusab", "--wait", "2"] + options)
    let sent = try await workspace.run(["send", relay.url, "2-lusab", "--wait", "2", "file"] + options)
    let received = await receiver.result()
    #expect(sent.status == 5 && received.status == 5, "\(sent) \(received)")
  }

  @Test("A wrong secret is status 8", arguments: ["send", "receive"])
  func aWrongSecretIsStatus8(first: String)
    async throws
  {
    let relay = try await workspace.relay()
    let commands = [
      ["send", relay.url, "4821-lusab-babad", "file"], ["receive", relay.url, "4821-lusab-babaf", "--out", "out"],
    ]
    let waiting = try workspace.start(commands[first == "send" ? 0 : 1])
    try await waiting.waitFor("waiting for the ")
    let results = [try await workspace.run(commands[first == "send" ? 1 : 0]), await waiting.result()]
    for result in results { #expect(result.status == 8 && result.errors.contains("code"), "\(result)") }
    #expect(try Content.tree(workspace["out"]).isEmpty)
  }

  @Test("With different protocols both are alone", arguments: ["send", "receive"])
  func withDifferentProtocolsBothAreAlone(old: String) async throws {
    let relay = try await workspace.relay()
    let options = { (command: String) in ["--wait", "2"] + (command == old ? ["--protocol", "1"] : []) }
    let receiver = try workspace.start(["receive", relay.url, "4821-lusab-babad"] + options("receive"))
    let sent = try await workspace.run(["send", relay.url, "4821-lusab-babad", "file"] + options("send"))
    let received = await receiver.result()
    #expect(sent.status == 5 && received.status == 5, "\(sent) \(received)")
  }

  @Test("When only one encrypts both are told", arguments: ["send", "receive"])
  func whenOnlyOneEncryptsBothAreTold(
    encrypting: String
  ) async throws {
    let relay = try await workspace.relay()
    let options = { (command: String) in
      ["--protocol", "1", "--wait", "2"] + (command == encrypting ? ["--encrypt"] : [])
    }
    let receiver = try workspace.start(["receive", relay.url, "4821-lusab-babad"] + options("receive"))
    let sent = try await workspace.run(["send", relay.url, "4821-lusab-babad", "file"] + options("send"))
    let received = await receiver.result()
    for result in [sent, received] {
      #expect(result.status == 5 && result.errors.contains("both use --encrypt"), "\(result)")
    }
  }
}

/// Counts bytes on several threads.
private final class ByteTally: Sendable {
  private let count = Mutex(0)

  var total: Int { count.withLock { $0 } }

  func add(_ byteCount: Int) { count.withLock { $0 += byteCount } }
}

/// Runs something that blocks on a thread of its own, so that the tests' other tasks go on.
private func offTask<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
  }
}
