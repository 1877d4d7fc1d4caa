import Glibc
import TestSupport
import Testing

/// Few open files, little memory, few threads: it works, or says what is missing, with a status of its own.
@Suite(.serialized) struct ResourceTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
  }

  /// What limits a process.
  enum Limit: CustomStringConvertible, Sendable {
    case files(Int)
    case filesBesides(Int, openCount: Int)
    case mebibytes(Int)
    case threads(Int)

    var description: String { wrapper.joined(separator: " ") }

    var wrapper: [String] {
      switch self {
      case .files(let count): ["prlimit", "--nofile=\(count)"]
      // Whoever starts the process has left it some of theirs.
      case .filesBesides(let count, let openCount):
        [
          "bash", "-c", "for n in {30..\(29 + openCount)}; do eval \"exec $n</dev/null\"; done; exec \"$@\"", "bash",
          "prlimit", "--nofile=\(count + openCount)",
        ]
      case .mebibytes(let count): ["prlimit", "--as=\(count << 20)"]
      // The limit counts all threads of the user, so it has to be one who has no others; root has none.
      case .threads(let count):
        ["prlimit", "--nproc=\(count)", "setpriv", "--reuid=64123", "--regid=64123", "--clear-groups"]
      }
    }
  }

  private func transfer(sender: [String], receiver: [String]) async throws -> Pair {
    let relay = try await workspace.relay()
    let receiving = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out", "--wait", "10"], wrapper: receiver)
    let sent = try await workspace.run(
      ["send", relay.url, "4821-lusab-babad", "--wait", "10", "src"], wrapper: sender)
    return Pair(sent: sent, received: await receiving.result())
  }

  @Test(
    "Sixty-four open files are enough", arguments: Dialect.protocols,
    [Limit.files(64), .filesBesides(42, openCount: 30)])
  func sixtyFourOpenFilesAreEnough(dialect: Dialect, limit: Limit) async throws {
    for index in 0..<150 { try workspace.file("src/\(index)/\(index % 7)/file", [UInt8(index)]) }
    try workspace.file("src/" + (0..<20).map { "deep\($0)/" }.joined() + "file", TestContent.random(3_000_000))
    let relay = try await workspace.relay()
    let wrapper = limit.wrapper
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect.options, wrapper: wrapper)
    let sent = try await workspace.run(
      ["send", relay.url, "4821-lusab-babad", "src"] + dialect.options, wrapper: wrapper)
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent)\n\(received)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  @Test(
    "Sixty-four open files are enough also while much is under way that may have to be sent again",
    arguments: [Limit.files(64), .filesBesides(42, openCount: 30)])
  func openFilesOfWhatIsUnderWay(limit: Limit) async throws {
    for index in 0..<250 { try workspace.file("src/\(index)", TestContent.random(280_000, seed: UInt64(index))) }
    let relay = try await workspace.relay()
    let counter = Counter()
    // Somewhere in the middle nothing arrives for a time.
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if !isFromPeer, frame.payload.count > 100_000, counter.next() == 3 { usleep(1_500_000) }
      return [frame]
    }
    let receiver = try workspace.start(["receive", proxy.url, "4821-lusab-babad", "--out", "out"])
    let sent = try await workspace.run(
      ["send", relay.url, "4821-lusab-babad", "src", "--compress", "off", "--retry-for", "30m"],
      wrapper: limit.wrapper)
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent)\n\(received)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  /// A soft limit that is too low for the smallest need is raised.
  @Test("The soft limit is raised")
  func theSoftLimitIsRaised() async throws {
    try workspace.file("src/file", [1])
    let wrapper = ["prlimit", "--nofile=12:1024"]
    let pair = try await transfer(sender: wrapper, receiver: wrapper)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
  }

  static let tooLittle: [Limit] =
    [.files(14), .files(20), .mebibytes(150), .mebibytes(200), .mebibytes(250)]
    + (Restrictions.isRoot ? [.threads(1), .threads(2), .threads(4), .threads(6), .threads(8), .threads(10)] : [])

  @Test("Too little is said at once", arguments: tooLittle)
  func tooLittleIsSaidAtOnce(limit: Limit) async throws {
    try workspace.file("src/file", [1])
    for arguments in [
      ["send", "ws://127.0.0.1:9", "4821-lusab-babad", "src"], ["receive", "ws://127.0.0.1:9", "1-x"],
    ] {
      let result = try await workspace.run(arguments, wrapper: limit.wrapper)
      #expect(result.status == 21, "\(result)")
      #expect(result.errorLines.count == 1 && result.errors.contains("ulimit"), "\(result)")
    }
  }

  /// In between, a transfer comes to its end or says what is missing: nothing traps or hangs.
  @Test(
    "In between nothing traps", arguments: [Limit.mebibytes(350), .mebibytes(450), .mebibytes(700), .mebibytes(1200)])
  func inBetweenNothingTraps(limit: Limit) async throws {
    try workspace.file("src/big", TestContent.random(20 << 20))
    for index in 0..<50 { try workspace.file("src/\(index)", [1]) }
    let pair = try await transfer(sender: limit.wrapper, receiver: limit.wrapper)
    for result in [pair.sent, pair.received] {
      #expect([0, 5, 6, 17, 21].contains(result.status), "\(pair)")
      #expect(!result.isOverdue, "\(pair)")
    }
    if pair.sent.status == 0 { try Content.expectSame(workspace["src"], workspace["out/src"]) }
  }

  @Test(
    "Small commands say it too", .enabled(if: Restrictions.isRoot, "only root may start a process as another user"),
    arguments: [1, 2, 3, 5])
  func smallCommandsSayItToo(threadCount: Int) async throws {
    for arguments in [["code"], ["codecs"], ["--version"]] {
      let result = try await workspace.run(arguments, wrapper: Limit.threads(threadCount).wrapper)
      #expect([0, 21].contains(result.status), "\(result)")
    }
  }
}
