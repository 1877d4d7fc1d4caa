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
    let disk = try await workspace.memoryDisk("out", byteCount: 4 << 20)
    let relay = try await workspace.relay()
    let failed = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.options, receiving: dialect.options)
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

  @Test("A file that changes meanwhile is named", arguments: Change.allCases, Dialect.protocols)
  func aFileThatChangesMeanwhileIsNamed(change: Change, dialect: Dialect) async throws {
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
    #expect(sent.status == 10, "\(sent)")
    #expect(sent.errors.contains("src/big' changed while"), "\(sent)")
    // What may be a mixture of two versions never gets its name: protocol 1 keeps its last chunk back for that.
    #expect(received.status == 14, "\(received)")
    #expect(Content.size(workspace["out/src/big"]) == nil)
    #expect(Content.bytes(workspace["out/src/small"]) == [1])
  }
}
