import Foundation
import Glibc
import TestSupport
import Testing

/// Files that are there already, and several receivers at once.
@Suite(.serialized) struct ConflictTests {
  let workspace: Workspace
  let new = TestContent.random(3_000_000, seed: 5)

  init() throws {
    workspace = try Workspace()
    try workspace.file("src/file", new)
    try workspace.file("src/other", [7])
    try workspace.file("out/src/file", "old".utf8)
  }

  @Test(
    "The policy decides",
    arguments: [("fail", 13), ("skip", 0), ("overwrite", 0), ("rename", 0), ("default", 13)] as [(String, Int32)],
    Dialect.protocols)
  func thePolicyDecides(policyAndStatus: (String, Int32), dialect: Dialect) async throws {
    let (policy, status) = policyAndStatus
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.options,
      receiving: dialect.options + (policy == "default" ? [] : ["--on-conflict", policy]))
    #expect(pair.received.status == status, "\(pair)")
    #expect(pair.sent.status == (status == 0 ? 0 : 17), "\(pair)")
    let isOld = Content.bytes(workspace["out/src/file"]) == Array("old".utf8)
    #expect(isOld == (policy != "overwrite"))
    #expect(Content.bytes(workspace["out/src/other"]) == [7], "the others arrive")
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace["out/src"]).sorted()
    #expect(names == (policy == "rename" ? ["file", "file (1)", "other"] : ["file", "other"]))
    switch policy {
    case "overwrite": #expect(Content.isSame(workspace["src/file"], workspace["out/src/file"]))
    case "rename": #expect(Content.isSame(workspace["src/file"], workspace["out/src/file (1)"]))
    case "skip": #expect(pair.received.output.contains("; 1 skipped"), "\(pair)")
    default: #expect(pair.received.errors.contains("'src/file' exists"), "\(pair)")
    }
  }

  @Test("A folder of that name stays", arguments: ["fail", "skip", "overwrite", "rename"], Dialect.protocols)
  func aFolderOfThatNameStays(policy: String, dialect: Dialect) async throws {
    try FileManager.default.removeItem(atPath: workspace["out/src/file"])
    try workspace.file("out/src/file/inside", [1])
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.options, receiving: dialect.options + ["--on-conflict", policy])
    #expect(pair.received.status == (policy == "skip" || policy == "rename" ? 0 : 13), "\(pair)")
    #expect(Content.bytes(workspace["out/src/file/inside"]) == [1])
  }

  // MARK: - Resuming

  @Test("What is the same is not sent", arguments: Dialect.allCases)
  func whatIsTheSameIsNotSent(dialect: Dialect)
    async throws
  {
    try workspace.file("out/src/file", new)
    try workspace.file("out/src/other", [7])
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.resuming, receiving: dialect.options)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    #expect(pair.received.output.hasPrefix("received 0 files, 0 B in "), "\(pair)")
    // The directory was there.
    #expect(pair.sent.output.hasPrefix("sent 0 files, 0 B in "), "\(pair)")
    #expect(pair.received.output.contains("; 2 files already complete; 2.9 MiB did not have to travel"), "\(pair)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  /// Protocol 1 completes files under their final names as well, if the receiver says so.
  @Test("A prefix is completed", arguments: Dialect.allCases, [false, true])
  func aPrefixIsCompleted(dialect: Dialect, isPartialFile: Bool) async throws {
    if isPartialFile {
      try FileManager.default.removeItem(atPath: workspace["out/src/file"])
      try workspace.file("out/src/.file.p2p-copy-partial", new.prefix(2_000_001))
    } else {
      try workspace.file("out/src/file", new.prefix(2_000_001))
    }
    let relay = try await workspace.relay()
    var pair = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.resuming, receiving: dialect.options)
    if !isPartialFile {
      #expect(pair.sent.status == 17 && pair.received.status == 13, "\(pair)")
      #expect(Content.size(workspace["out/src/file"]) == 2_000_001)
      guard dialect != .protocol2 else { return }
      try FileManager.default.removeItem(atPath: workspace["out/src/other"])
      pair = try await workspace.transfer(
        ["src"], relay: relay, sending: dialect.resuming, receiving: dialect.options + ["--resume"])
    }
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    // Protocol 2 goes on with whole chunks.
    let (moved, present) = dialect == .protocol2 ? ("1.9 MiB", "1.0 MiB") : ("976.6 KiB", "1.9 MiB")
    #expect(pair.received.output.contains("received 2 files, \(moved) in"), "\(pair)")
    #expect(pair.received.output.contains("\(present) did not have to travel"), "\(pair)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  @Test(
    "Something else is a conflict", arguments: [("fail", 13), ("overwrite", 0)] as [(String, Int32)], Dialect.protocols)
  func somethingElseIsAConflict(policyAndStatus: (String, Int32), dialect: Dialect) async throws {
    let (policy, status) = policyAndStatus
    try workspace.file("out/src/file", TestContent.random(2_000_000, seed: 6))
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.resuming, receiving: dialect.options + ["--on-conflict", policy])
    #expect(pair.received.status == status, "\(pair)")
    #expect(Content.isSame(workspace["src/file"], workspace["out/src/file"]) == (policy == "overwrite"))
    #expect(Content.size(workspace["out/src/file"]) == (policy == "overwrite" ? 3_000_000 : 2_000_000))
  }

  @Test("A second name of a file keeps its content", arguments: Dialect.protocols)
  func aSecondNameOfAFileKeepsItsContent(dialect: Dialect) async throws {
    let old = Array(new.prefix(1_500_000))
    try workspace.file("out/backup", old)
    try FileManager.default.removeItem(atPath: workspace["out/src/file"])
    #expect(link(workspace["out/backup"], workspace["out/src/file"]) == 0)
    #expect(link(workspace["out/backup"], Content.partial("file", in: workspace["out/src"])) == 0)
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: dialect.resuming, receiving: dialect.options + ["--on-conflict", "overwrite"])
    #expect(pair.received.status == 0, "\(pair)")
    let isUntouched = Content.bytes(workspace["out/backup"]) == old
    #expect(isUntouched)
    #expect(Content.isSame(workspace["src/file"], workspace["out/src/file"]))
  }

  // MARK: - Several at once

  @Test("Two receivers with their own codes write one file without harm")
  func twoReceiversWithTheirOwnCodesWriteOneFileWithoutHarm() async throws {
    try workspace.file("large", TestContent.random(30 << 20))
    let relay = try await workspace.relay()
    let receivers = try ["1-a", "2-b"].map { code in
      try workspace.start(["receive", relay.url, code, "--out", "out"])
    }
    let senders = try ["1-a", "2-b"].map { code in try workspace.start(["send", relay.url, code, "large"]) }
    var received: [CommandResult] = []
    for receiver in receivers { received.append(await receiver.result()) }
    for sender in senders { _ = await sender.result() }
    // One writes it. The other finds it locked, or there already, or both took turns.
    #expect(received.contains { $0.status == 0 }, "\(received)")
    for result in received { #expect([0, 11, 13].contains(result.status), "\(result)") }
    #expect(Content.isSame(workspace["large"], workspace["out/large"]))
  }

  @Test("Several connections of protocol 1 share the files")
  func severalConnectionsOfProtocol1ShareTheFiles()
    async throws
  {
    for number in 0..<20 {
      try workspace.file("many/\(number)", TestContent.random(number * 40_000, seed: UInt64(number)))
    }
    let relay = try await workspace.relay()
    for (code, options) in [
      ("n=3=nplain", Dialect.plainProtocol1.options), ("n=4=nsealed", Dialect.encryptedProtocol1.options),
    ] {
      let receiver = try workspace.start(["receive", relay.url, code, "--out", "out-\(code)"] + options)
      let sent = try await workspace.run(["send", relay.url, code, "many"] + options)
      let received = await receiver.result()
      #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
      #expect(received.output.contains("received 20 files"), "\(received)")
      try Content.expectSame(workspace["many"], workspace["out-\(code)/many"])
    }
  }

  // MARK: - Names that are one at the receiver

  /// Whatever the policy, no file of the sender's is lost with exit status 0.
  @Test(
    "Names that differ in case alone",
    .enabled(if: Workspace.canMountFAT, "needs root, /dev/fuse, and Debian's fusefat and dosfstools"),
    arguments: ["overwrite", "skip", "fail", "rename"], Dialect.protocols)
  func namesThatDifferInCaseAlone(policy: String, dialect: Dialect) async throws {
    for isThere in [true, false] {
      let workspace = try Workspace()
      let names = ["README", "Readme", "readme", "other"]
      for name in names { try workspace.file("src/\(name)", "\(name), \(name.hashValue)".utf8) }
      let disk = try await workspace.fatDisk("out")
      if isThere { try workspace.file("out/src/readme", "before".utf8) }
      let relay = try await workspace.relay()
      let metadata = dialect == .protocol2 ? ["--no-metadata"] : []
      let pair = try await workspace.transfer(
        ["src"], relay: relay, sending: dialect.options,
        receiving: dialect.options + metadata + ["--on-conflict", policy])
      let stored = try FileManager.default.contentsOfDirectory(atPath: disk + "/src")
      let contents = Set(stored.compactMap { Content.bytes("\(disk)/src/\($0)") })
      let arrived = names.filter { contents.contains(Array("\($0), \($0.hashValue)".utf8)) }
      #expect(arrived.contains("other"))
      switch (policy, isThere) {
      case ("rename", _):
        #expect(pair.received.status == 0 && pair.sent.status == 0, "\(pair)")
        #expect(arrived.count == 4, "\(stored)")
        #expect(isThere == contents.contains(Array("before".utf8)))
      case ("skip", true):
        #expect(pair.received.status == 0 && pair.received.output.contains("3 skipped"), "\(pair)")
        #expect(contents.contains(Array("before".utf8)))
      case ("fail", true):
        #expect(pair.received.status == 13, "\(pair)")
        #expect(contents.contains(Array("before".utf8)))
      default:
        // One has the name, the two others are named.
        #expect(pair.received.status == 13 && pair.sent.status == 17, "\(pair)")
        #expect(arrived.count == 2 && contents.count == 2, "\(stored)")
        #expect(pair.received.output.contains("; 2 failed"), "\(pair)")
        if policy == "overwrite" {
          #expect(pair.received.errors.contains("may not tell upper case from lower"), "\(pair)")
        }
      }
    }
  }

  // MARK: - Names in use

  /// What the receiver writes down after `rename` is what is on its disk.
  @Test("Receipt and checksums name what is there")
  func receiptAndChecksumsNameWhatIsThere() async throws {
    let relay = try await workspace.relay()
    for run in 0..<2 {
      let pair = try await workspace.transfer(
        ["src"], relay: relay,
        receiving: ["--on-conflict", "rename", "--receipt", "receipt", "--checksums", "sums"])
      #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
      if run == 0 {
        #expect(pair.received.errors.contains("'src/file' exists: what came is 'src/file (1)'"), "\(pair)")
        #expect(pair.received.errors.contains("received src/file (1)"), "\(pair)")
        #expect(pair.received.output.contains("; 1 renamed"), "\(pair)")
      } else {
        #expect(pair.received.output.contains("; 2 files already complete"), "\(pair)")
      }
      let verified = try await workspace.run(["verify", "out", "receipt"])
      #expect(verified.status == 0, "\(verified)")
      try await workspace.tool(["sh", "-c", "cd out && sha256sum --check --strict --quiet ../sums"])
      let names = try FileManager.default.contentsOfDirectory(atPath: workspace["out/src"]).sorted()
      #expect(names == ["file", "file (1)", "other"])
    }
  }

  /// Modes and times in a receipt are those on the disk, whatever the sender's are.
  @Test("A receipt has the modes that are there", arguments: [[], ["--no-metadata"]])
  func aReceiptHasTheModesThatAreThere(options: [String]) async throws {
    try workspace.file("src/set", [1])
    #expect(chmod(workspace["src/set"], 0o4751) == 0)
    try workspace.file("out/src/other", [7])
    #expect(chmod(workspace["out/src/other"], 0o604) == 0)
    try workspace.file("src/d/new", [2])
    #expect(chmod(workspace["src/d"], 0o711) == 0)
    try FileManager.default.removeItem(atPath: workspace["out/src/file"])
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(["src"], relay: relay, receiving: options + ["--receipt", "receipt"])
    #expect(pair.received.status == 0, "\(pair)")
    struct Receipt: Decodable {
      struct Entry: Decodable {
        var path: String
        var mode: String?
        var mtime: String?
      }
      var entries: [Entry]
    }
    let receipt = try JSONDecoder().decode(
      Receipt.self, from: Data(try #require(Content.bytes(workspace["receipt"]))))
    #expect(receipt.entries.count == 6)
    for entry in receipt.entries {
      var status = stat()
      #expect(lstat(workspace["out/\(entry.path)"], &status) == 0)
      let digits = String(status.st_mode & 0o7777, radix: 8)
      #expect(entry.mode == String(repeating: "0", count: 4 - digits.count) + digits, "\(entry)")
      guard let time = entry.mtime else {
        #expect(status.st_mode & S_IFMT == S_IFDIR, "\(entry)")
        continue
      }
      let nanoseconds = String(status.st_mtim.tv_nsec)
      let expected = "\(status.st_mtim.tv_sec)." + String(repeating: "0", count: 9 - nanoseconds.count) + nanoseconds
      #expect(time == expected, "\(entry)")
    }
  }
}
