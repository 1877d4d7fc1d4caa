import Foundation
import Glibc
import TestSupport
import Testing

/// Destinations that do not let the receiver do everything.
@Suite(.serialized) struct DestinationTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.file("src/d/small", [1])
    try workspace.file("src/big", TestContent.random(3_000_000))
    try FileManager.default.createSymbolicLink(atPath: workspace["src/link"], withDestinationPath: "big")
    try workspace.directory("src/closed")
    #expect(chmod(workspace["src/closed"], 0o555) == 0 && chmod(workspace["src/big"], 0o600) == 0)
  }

  private func transfer(
    _ wrapper: [String], sending: [String] = [], receiving: [String] = [], dialect: Dialect = .protocol2
  ) async throws -> Pair {
    let relay = try await workspace.relay()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect.options + receiving, wrapper: wrapper)
    let sent = try await workspace.run(
      ["send", relay.url, "4821-lusab-babad", "src"] + dialect.options + sending)
    return Pair(sent: sent, received: await receiver.result())
  }

  private func expectContent(dialect: Dialect = .protocol2, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for name in ["d/small", "big", "link"] where dialect == .protocol2 || name != "link" {
      #expect(Content.isSame(workspace["src/\(name)"], workspace["out/src/\(name)"]), sourceLocation: sourceLocation)
    }
  }

  // MARK: Modes and times

  @Test("A file system without modes and times is named once and the content is there")
  func aFileSystemWithoutModesAndTimesIsNamedOnceAndTheContentIsThere() async throws {
    let pair = try await transfer(
      Restrictions.withoutMetadata, sending: ["--receipt", "sent.json"], receiving: ["--receipt", "received.json"])
    #expect(pair.sent.status == 20 && pair.received.status == 20, "\(pair)")
    try expectContent()
    for line in [
      "the times of 2 files could not be set, the first 'src/big': Operation not permitted",
      "the time of the symbolic link 'src/link' could not be set: Operation not permitted",
      "the times of 3 directories could not be set", "the mode of the directory 'src/closed' could not be set",
    ] {
      #expect(pair.received.errorLines.filter { $0.hasPrefix(line) }.count == 1, "\(line): \(pair)")
    }
    for result in [pair.sent, pair.received] {
      #expect(result.errorLines.last?.contains("--no-metadata") == true, "\(result)")
      #expect(!result.output.contains("failed"), "\(result)")
    }
    for receipt in ["sent.json", "received.json"] {
      let verified = try await workspace.run(["verify", "out", receipt])
      #expect(verified.status == 0, "\(verified)")
    }
    // What is there is complete: the next run has nothing to say.
    let again = try await transfer(Restrictions.withoutMetadata)
    #expect(again.sent.status == 0 && again.received.status == 0, "\(again)")
  }

  @Test(
    "Without metadata nothing is missed",
    arguments: [(["--no-metadata"], []), ([], ["--no-metadata"])] as [([String], [String])])
  func withoutMetadataNothingIsMissed(options: (sending: [String], receiving: [String])) async throws {
    let pair = try await transfer(
      Restrictions.withoutMetadata, sending: options.sending, receiving: options.receiving)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    try expectContent()
  }

  @Test("Protocol 1 sets no metadata")
  func protocol1SetsNoMetadata() async throws {
    let pair = try await transfer(Restrictions.withoutMetadata, dialect: .plainProtocol1)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    try expectContent(dialect: .plainProtocol1)
  }

  @Test(
    "Another's directory is overwritten into but keeps its mode",
    .enabled(if: Restrictions.isRoot, "only root may give directories away"))
  func anothersDirectoryIsOverwrittenIntoButKeepsItsMode() async throws {
    #expect(chmod(try workspace.directory("out/src"), 0o777) == 0 && chmod(workspace["out"], 0o777) == 0)
    let pair = try await transfer(Restrictions.asNobody, receiving: ["--on-conflict", "overwrite"])
    #expect(pair.sent.status == 20 && pair.received.status == 20, "\(pair)")
    try expectContent()
    let line = "the time of the directory 'src' could not be set: Operation not permitted"
    #expect(pair.received.errors.contains(line), "\(pair)")
  }

  // MARK: Rights

  @Test(
    "A directory that may not be read takes files",
    .enabled(if: Restrictions.isRoot, "only root may start a process as another user"),
    arguments: [0o1733, 0o333, 0o311] as [mode_t], Dialect.allCases)
  func aDirectoryThatMayNotBeReadTakesFiles(mode: mode_t, dialect: Dialect) async throws {
    for name in ["out/src/d", "out/src", "out"] {
      let path = try workspace.directory(name)
      #expect(chown(path, mode == 0o1733 ? 0 : 65_534, 0) == 0 && chmod(path, mode) == 0)
    }
    let pair = try await transfer(Restrictions.asNobody, dialect: dialect)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    for name in ["out", "out/src", "out/src/d"] {
      var status = stat()
      #expect(stat(workspace[name], &status) == 0 && status.st_mode & 0o7777 == mode)
      #expect(chmod(workspace[name], 0o755) == 0)
    }
    try expectContent(dialect: dialect)
  }

  @Test(
    "Own directories without the right to write stay as they are",
    .enabled(if: Restrictions.isRoot, "only root may start a process as another user"),
    arguments: ["fail", "overwrite"])
  func ownDirectoriesWithoutTheRightToWriteStayAsTheyAre(policy: String) async throws {
    try workspace.directory("out/src")
    #expect(chown(workspace["out/src"], 65_534, 65_534) == 0 && chmod(workspace["out/src"], 0o555) == 0)
    let pair = try await transfer(Restrictions.asNobody, receiving: ["--on-conflict", policy])
    #expect(pair.received.status == 11, "\(pair)")
    #expect(pair.received.errors.contains("'src/big': Permission denied"), "\(pair)")
    var status = stat()
    #expect(stat(workspace["out/src"], &status) == 0 && status.st_mode & 0o7777 == 0o555)
  }

  // MARK: Partial files of others

  @Test(
    "Another user's partial files are left alone and the files arrive",
    .enabled(if: Restrictions.isRoot, "only root may give files away"), arguments: Dialect.allCases)
  func anotherUsersPartialFilesAreLeftAloneAndTheFilesArrive(dialect: Dialect) async throws {
    for (name, mode) in [("big", 0o600), ("d/small", 0o666)] as [(String, mode_t)] {
      let parent = (workspace["out/src/\(name)"] as NSString).deletingLastPathComponent
      let file = (name as NSString).lastPathComponent
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      let planted = Content.partial(file, in: parent)
      #expect(FileManager.default.createFile(atPath: planted, contents: Data([7, 7])) && chmod(planted, mode) == 0)
    }
    // With a sticky bit nobody may remove what is another's.
    for name in ["out", "out/src", "out/src/d"] { #expect(chmod(workspace[name], 0o1777) == 0) }
    let pair = try await transfer(Restrictions.asNobody, sending: dialect.resuming, dialect: dialect)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    try expectContent(dialect: dialect)
    #expect(Content.bytes(Content.partial("big", in: workspace["out/src"])) == [7, 7])
    #expect(Content.bytes(Content.partial("small", in: workspace["out/src/d"])) == [7, 7])
  }
}
