import Foundation
import Glibc
import TestSupport
import Testing
import WebSocketFraming

/// Disks that are full, files that cannot be read, and files that change while they are sent.
@Suite(.serialized) struct DiskTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
  }

  /// A program that runs the command as somebody without rights; whoever is not root is that already.
  private static let asNobody = Restrictions.isRoot ? Restrictions.asNobody : []

  // MARK: - The receiver's side

  @Test(
    "A full disk is named and can be resumed",
    .enabled(if: Restrictions.isRoot, "only root may mount a small file system"),
    arguments: Dialect.allCases)
  func aFullDiskIsNamedAndCanBeResumed(dialect: Dialect) async throws {
    try workspace.file("src/big", TestContent.random(8 << 20))
    try workspace.file("src/small", TestContent.random(1000))
    let disk = try await workspace.memoryDisk("out", byteCount: 16 << 20)
    let relay = try await workspace.relay()
    // There is room for everything before the first byte, and none for all of it soon after.
    let gate = Gate()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.payload.count > 100_000 { gate.pass() }
      return [frame]
    }
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect.options)
    let sender = try workspace.start(["send", proxy.url, "4821-lusab-babad", "src"] + dialect.options)
    await gate.reached()
    try workspace.file("out/somebody's", TestContent.random(12 << 20))
    gate.open()
    let failed = Pair(sent: await sender.result(), received: await receiver.result())
    #expect(failed.received.status == 11, "\(failed)")
    #expect(failed.received.errors.contains("'src/big': No space left on device"), "\(failed)")
    #expect(failed.sent.status == 17, "\(failed)")
    #expect(
      failed.sent.errors.contains(
        dialect == .protocol2 ? "'src/big': No space left on device" : "destination-unwritable"), "\(failed)")
    #expect(Content.size("\(disk)/src/big") == nil)
    let kept = Content.size(Content.partial("big", in: "\(disk)/src")) ?? 0
    #expect(kept > 2 << 20)

    try await workspace.tool(["mount", "-o", "remount,size=32M", disk])
    let again = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.resuming, receiving: dialect.options)
    #expect(again.sent.status == 0 && again.received.status == 0, "\(again)")
    #expect(again.received.output.contains("MiB did not have to travel"), "\(again)")
    try Content.expectSame(workspace["src"], "\(disk)/src")
  }

  @Test(
    "What cannot fit is refused before the first byte, and what is there already needs no room",
    .enabled(if: Restrictions.isRoot, "only root may mount a small file system"))
  func whatCannotFitIsRefusedBeforeTheFirstByte() async throws {
    try workspace.file("src/big", TestContent.random(8 << 20))
    try workspace.file("src/small", TestContent.random(100_000))
    let disk = try await workspace.memoryDisk("out", byteCount: 4 << 20)
    let relay = try await workspace.relay()
    let failed = try await workspace.transfer(["src"], relay: relay)
    #expect(failed.received.status == 11 && failed.sent.status == 17, "\(failed)")
    for result in [failed.received, failed.sent] {
      #expect(result.errors.contains("8.1 MiB or more are to be written to the output directory, and"), "\(failed)")
      #expect(result.errors.contains("free there; free some space"), "\(failed)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(disk)/src").isEmpty)

    try await workspace.tool(["mount", "-o", "remount,size=10M", disk])
    for _ in 0..<2 {
      let again = try await workspace.transfer(["src"], relay: relay)
      #expect(again.sent.status == 0 && again.received.status == 0, "\(again)")
    }
    // What is replaced makes room, so that nobody can be certain; here there is room for one beside the other.
    try await workspace.tool(["mount", "-o", "remount,size=20M", disk])
    try workspace.file("src/big", TestContent.random(8 << 20, seed: 2))
    let replaced = try await workspace.transfer(["src"], relay: relay, receiving: ["--on-conflict", "overwrite"])
    #expect(replaced.sent.status == 0 && replaced.received.status == 0, "\(replaced)")
    try Content.expectSame(workspace["src"], "\(disk)/src")
  }

  @Test("A sender that sends more than is to be received ends, and what there is can be gone on with")
  func aSenderThatSendsMoreThanIsToBeReceivedEnds() async throws {
    try workspace.file("src/a", TestContent.random(3 << 20))
    try workspace.file("src/b", TestContent.random(3 << 20, seed: 2))
    let relay = try await workspace.relay()
    for options in [["--max-bytes", "5M"], ["--max-bytes=6291455"], ["--max-files", "2"]] {
      let failed = try await workspace.transfer(["src"], relay: relay, receiving: options)
      #expect(failed.received.status == 23 && failed.sent.status == 17, "\(failed)")
      #expect(failed.received.errors.contains("higher --max-bytes or --max-files"), "\(failed)")
      #expect(failed.sent.errors.contains("are to be received"), "\(failed)")
      #expect(Content.size(workspace["out/src/a"]) == nil)
    }
    let whole = try await workspace.transfer(
      ["src"], relay: relay, receiving: ["--max-bytes", "6MiB", "--max-files", "3"])
    #expect(whole.received.status == 0 && whole.sent.status == 0, "\(whole)")
    // What is there counts as files only.
    let again = try await workspace.transfer(
      ["src"], relay: relay, receiving: ["--max-bytes", "0", "--max-files", "3"])
    #expect(again.received.status == 0 && again.sent.status == 0, "\(again)")
    for options in [["--max-bytes", "5X"], ["--max-bytes", "-1"], ["--max-files", "-1"]] {
      let refused = try await workspace.run(["receive", relay.url, "4821-lusab-babad"] + options)
      #expect(refused.status == 2, "\(refused)")
    }
  }

  @Test("A stream that is longer than is to be received ends before a byte beyond is written")
  func aStreamThatIsLongerThanIsToBeReceivedEnds() async throws {
    try workspace.file("content", TestContent.random(3 << 20))
    let relay = try await workspace.relay()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out", "--max-bytes", "2MB"])
    let sent = try await workspace.run(
      ["send", relay.url, "4821-lusab-babad", "-", "--stdin-name", "it"],
      wrapper: ["sh", "-c", #"exec "$@" < content"#, "sh"])
    let received = await receiver.result()
    #expect(received.status == 23 && received.errors.contains("'it'"), "\(received)")
    #expect(sent.status == 17, "\(sent)")
    #expect(Content.size(workspace["out/it"]) == nil)
    #expect(Content.size(Content.partial("it", in: workspace["out"])) ?? 0 <= 2_000_000)
  }

  /// Room for bytes and none for entries: links and directories end the transfer as files do, not each by itself.
  @Test(
    .enabled(if: Restrictions.isRoot, "only root may mount a small file system"),
    arguments: ["link", "directory", "file"])
  func aDiskThatTakesNoMoreEntriesIsNamedOnce(kind: String) async throws {
    try workspace.directory("src")
    for number in 0..<30 {
      switch kind {
      case "link": #expect(symlink("target", workspace["src/\(number)"]) == 0)
      case "directory": try workspace.directory("src/\(number)")
      default: try workspace.file("src/\(number)", [])
      }
    }
    _ = try await workspace.memoryDisk("out", byteCount: 1 << 20, entryCount: 10)
    let relay = try await workspace.relay()
    let failed = try await workspace.transfer(["src"], relay: relay)
    #expect(failed.received.status == 11 && failed.sent.status == 17, "\(failed)")
    for result in [failed.received, failed.sent] {
      #expect(result.errors.matches(of: /No space left on device/).count == 1, "\(failed)")
      #expect(result.errors.contains("free some space"), "\(failed)")
    }
  }

  /// The same for everybody: a limit on the size of files, as `ulimit -f` sets it.
  @Test("A file beyond the limit is named and the others arrive")
  func aFileBeyondTheLimitIsNamedAndTheOthersArrive()
    async throws
  {
    try workspace.file("src/big", TestContent.random(8 << 20))
    try workspace.file("src/small", TestContent.random(1000))
    let relay = try await workspace.relay()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"], wrapper: ["prlimit", "--fsize=\(3 << 20)"])
    let sent = try await workspace.run(["send", relay.url, "4821-lusab-babad", "src"])
    let received = await receiver.result()
    #expect(received.status == 11 && received.errors.contains("'src/big'"), "\(received)")
    #expect(sent.status == 17, "\(sent)")
    #expect(Content.isSame(workspace["src/small"], workspace["out/src/small"]))
    #expect(Content.size(workspace["out/src/big"]) == nil)
  }

  @Test("An output directory that cannot be used is known before anybody sends")
  func anOutputDirectoryThatCannotBeUsedIsKnownBeforeAnybodySends() async throws {
    try workspace.file("file", [1])
    for out in ["file", "file/below", "/proc/nothing", ""] {
      let result = try await workspace.run(["receive", "ws://127.0.0.1:9", "4821-lusab-babad", "--out", out])
      #expect(result.status == (out.isEmpty ? 2 : 11) && result.errorLines.count == 1, "\(result)")
    }
  }

  @Test("A folder without the right to write is named")
  func aFolderWithoutTheRightToWriteIsNamed() async throws {
    try workspace.file("src/one", [1])
    try workspace.file("two", [2])
    #expect(chmod(try workspace.directory("out/src"), 0o555) == 0 && chmod(workspace["out"], 0o777) == 0)
    let relay = try await workspace.relay()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"], wrapper: Self.asNobody)
    let sent = try await workspace.run(["send", relay.url, "4821-lusab-babad", "src", "two"])
    let received = await receiver.result()
    #expect(received.status == 11, "\(received)")
    #expect(received.errors.contains("'src/one': Permission denied"), "\(received)")
    #expect(sent.status == 17, "\(sent)")
    #expect(Content.bytes(workspace["out/two"]) == [2])
  }

  // MARK: - The sender's side

  /// Sends `src` as somebody without rights.
  private func sendAsNobody(_ dialect: Dialect) async throws -> Pair {
    let relay = try await workspace.relay()
    let receiver = try workspace.start(["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect.options)
    let sender = try workspace.start(
      ["send", relay.url, "4821-lusab-babad", "src"] + dialect.options, wrapper: Self.asNobody)
    return Pair(sent: await sender.result(), received: await receiver.result())
  }

  @Test("A file that cannot be read is named and the others arrive", arguments: Dialect.protocols)
  func aFileThatCannotBeReadIsNamedAndTheOthersArrive(dialect: Dialect) async throws {
    try workspace.file("src/closed", [1])
    try workspace.file("src/open", [2])
    #expect(chmod(workspace["src/closed"], 0) == 0)
    let pair = try await sendAsNobody(dialect)
    let (sent, received) = (pair.sent, pair.received)
    #expect(sent.status == 10 && sent.errors.contains("src/closed': Permission denied"), "\(sent)")
    #expect(received.status == 14 && received.errors.contains("'src/closed'"), "\(received)")
    #expect(Content.bytes(workspace["out/src/open"]) == [2])
    #expect(Content.size(workspace["out/src/closed"]) == nil)
  }

  @Test("A folder that cannot be listed is named", arguments: Dialect.protocols)
  func aFolderThatCannotBeListedIsNamed(
    dialect: Dialect
  ) async throws {
    try workspace.file("src/closed/file", [1])
    try workspace.file("src/open", [2])
    #expect(chmod(workspace["src/closed"], 0) == 0)
    let pair = try await sendAsNobody(dialect)
    let (sent, received) = (pair.sent, pair.received)
    #expect(sent.status == 10 && sent.errors.contains("src/closed': Permission denied"), "\(sent)")
    // Protocol 1 never announced what is in it; protocol 2 says that something is missing.
    #expect(received.status == (dialect == .protocol2 ? 14 : 0), "\(received)")
    #expect(Content.bytes(workspace["out/src/open"]) == [2])
    #expect(chmod(workspace["src/closed"], 0o700) == 0)
  }

  /// What happens to a file while it is sent.
  enum Change: String, CaseIterable, Sendable {
    case shrinks, grows, isWritten

    func apply(to path: String) throws {
      guard let file = FileHandle(forUpdatingAtPath: path) else { throw SystemCallError("cannot open \(path)") }
      switch self {
      case .shrinks: try file.truncate(atOffset: 5 << 20)
      case .grows: try file.truncate(atOffset: 50 << 20)
      case .isWritten:
        try file.seek(toOffset: 1000)
        try file.write(contentsOf: Data([1, 2, 3]))
      }
      try file.close()
    }
  }

  @Test(
    "A file that changes meanwhile is sent once more; with protocol 1 it is named", arguments: Change.allCases,
    Dialect.protocols)
  func aFileThatChangesMeanwhile(change: Change, dialect: Dialect) async throws {
    try workspace.file("src/big", TestContent.random(40 << 20))
    try workspace.file("src/small", [1])
    let relay = try await workspace.relay()
    let gate = Gate()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.payload.count > 100_000 { gate.pass() }
      return [frame]
    }
    let receiver = try workspace.start(["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect.options)
    let sender = try workspace.start(["send", proxy.url, "4821-lusab-babad", "src"] + dialect.options)
    // The sender has begun with the file, and cannot have read all of it.
    await gate.reached()
    try change.apply(to: workspace["src/big"])
    gate.open()
    let (sent, received) = (await sender.result(), await receiver.result())
    guard dialect != .protocol2 else {
      #expect(sent.status == 0 && received.status == 0, "\(sent)\n\(received)")
      #expect(sent.errors.contains("'src/big' changed while it was being sent, and is sent once more"), "\(sent)")
      #expect(received.errors.contains("'src/big' changed while it was being sent, and comes once more"), "\(received)")
      try Content.expectSame(workspace["src"], workspace["out/src"])
      return
    }
    #expect(sent.status == 10, "\(sent)")
    #expect(sent.errors.contains("src/big' changed while"), "\(sent)")
    // What may be a mixture of two versions never gets its name: protocol 1 keeps its last chunk back for that.
    #expect(received.status == 14, "\(received)")
    #expect(Content.size(workspace["out/src/big"]) == nil)
    #expect(Content.bytes(workspace["out/src/small"]) == [1])
  }

  /// What happens to a log that is sent with `--append-growing`, once and at each piece.
  @Test("A log that grows is as long as it was at its opening, and one that changes all the time is named")
  func aLogThatGrows() async throws {
    let content = TestContent.random(40 << 20)
    try workspace.file("src/log", content)
    try workspace.file("src/small", [1])
    let relay = try await workspace.relay()
    let log = workspace["src/log"]
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.payload.count > 100_000 {
        let descriptor = open(log, O_WRONLY | O_APPEND)
        #expect(descriptor >= 0 && write(descriptor, "one more line\n", 14) == 14)
        close(descriptor)
      }
      return [frame]
    }
    let grown = try await workspace.transfer(["src"], relay: relay, senderURL: proxy.url, sending: ["--append-growing"])
    #expect(grown.sent.status == 0 && grown.received.status == 0, "\(grown)")
    #expect(!grown.sent.errors.contains("changed"), "\(grown)")
    let isBeginning = Content.bytes(workspace["out/src/log"]) == content
    #expect(isBeginning)

    try FileManager.default.removeItem(atPath: workspace["out"])
    let named = try await workspace.transfer(["src"], relay: relay, senderURL: proxy.url)
    #expect(named.sent.status == 10 && named.received.status == 14, "\(named)")
    #expect(named.sent.errors.contains("src/log' changed while it was being sent"), "\(named)")
    #expect(Content.size(workspace["out/src/log"]) == nil)
    #expect(Content.bytes(workspace["out/src/small"]) == [1])
  }
}
