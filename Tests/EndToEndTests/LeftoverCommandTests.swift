import Foundation
import Glibc
import TestSupport
import Testing

/// `p2p-copy status` and `clean`, and what a receiver does with a journal that it cannot use.
@Suite(.serialized) struct LeftoverCommandTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    for number in 0..<20 { try workspace.file("src/\(number)", TestContent.random(3000, seed: UInt64(number))) }
  }

  private func receiveAll() async throws {
    let pair = try await workspace.transfer(["src"], relay: try await workspace.relay())
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  private func names(_ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: workspace[directory]).sorted()
  }

  @Test("Status says what lies there, in words and in JSON, and its exit status whether something is incomplete")
  func status() async throws {
    try await receiveAll()
    let whole = try await workspace.run(["status", "out"])
    #expect(whole.status == 0, "\(whole)")
    #expect(whole.output.contains("nothing incomplete"), "\(whole)")
    #expect(whole.output.contains("a journal of 20 complete files: 20 unchanged, 0 changed, 0 gone"), "\(whole)")
    try workspace.file("out/src/.part\n.p2p-copy-partial", TestContent.random(2048, seed: 1))
    try workspace.file("out/src/0", [1])
    try FileManager.default.removeItem(atPath: workspace["out/src/1"])
    let part = try await workspace.run(["status", "out"])
    #expect(part.status == 14, "\(part)")
    #expect(part.output.contains("incomplete: 'src/.part") && part.output.contains("2.0 KiB, written last"), "\(part)")
    #expect(part.output.contains("1 partial file, 2.0 KiB"), "\(part)")
    #expect(part.output.contains("18 unchanged, 1 changed, 1 gone"), "\(part)")
    let json = try await workspace.run(["status", "--json", "out"])
    #expect(json.status == 14, "\(json)")
    let events = try json.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(events.map { $0["event"] as? String } == ["command", "status", "error"])
    let object = try #require(events.dropFirst().first)
    #expect(object["partial_file_count"] as? Int == 1)
    #expect(object["partial_bytes"] as? Int == 2048)
    let files = try #require(object["partial_files"] as? [[String: Any]])
    #expect(files.map { $0["in_use"] as? Bool } == [false])
    #expect((object["journal"] as? [String: Any])?["unchanged"] as? Int == 18)
    let missing = try await workspace.run(["status", "nothing"])
    #expect(missing.status == 2, "\(missing)")
  }

  @Test("Clean removes what is ours alone: not what is too new, nor a link, nor anything with another name")
  func clean() async throws {
    try await receiveAll()
    try workspace.file("out/src/.part.p2p-copy-partial", TestContent.random(2048, seed: 1))
    try workspace.file("elsewhere", [1, 2, 3])
    try workspace.file("out/src/p2p-copy-partial", [4])
    let link = workspace["out/src/.link.p2p-copy-partial"]
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: workspace["elsewhere"])
    let before = try names("out/src")
    for arguments in [["clean", "--dry-run", "out"], ["clean", "--older-than", "1h", "out"]] {
      let result = try await workspace.run(arguments)
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains("would remove 'src/.part.p2p-copy-partial'") == (arguments[1] == "--dry-run"))
      #expect(try names("out/src") == before)
      #expect(try names("out") == [".p2p-copy-journal", "src"])
    }
    let cleaned = try await workspace.run(["clean", "out"])
    #expect(cleaned.status == 0, "\(cleaned)")
    #expect(cleaned.output.contains("removed 'src/.part.p2p-copy-partial'"), "\(cleaned)")
    #expect(try names("out/src") == before.filter { $0 != ".part.p2p-copy-partial" })
    #expect(try names("out") == ["src"])
    #expect(Content.bytes(workspace["elsewhere"]) == [1, 2, 3])
    let status = try await workspace.run(["status", "out"])
    #expect(status.output.contains("no journal"), "\(status)")
    // Without it everything is compared, and is the same.
    let again = try await workspace.transfer(["src"], relay: try await workspace.relay())
    #expect(again.sent.status == 0 && again.received.status == 0, "\(again)")
    #expect(again.received.output.contains("20 files already complete"), "\(again)")
  }

  @Test(
    "A journal that cannot be used is left alone, and is no reason to fail", arguments: ["directory", "link", "FIFO"])
  func unusable(kind: String) async throws {
    try workspace.directory("out")
    let journal = workspace["out/.p2p-copy-journal"]
    try workspace.file("elsewhere", [1, 2, 3])
    switch kind {
    case "directory": try workspace.file("out/.p2p-copy-journal/inside", [5])
    case "link":
      try FileManager.default.createSymbolicLink(atPath: journal, withDestinationPath: workspace["elsewhere"])
    default: #expect(mkfifo(journal, 0o600) == 0)
    }
    try await receiveAll()
    let status = try await workspace.run(["status", "out"])
    #expect(status.status == 0, "\(status)")
    #expect(status.output.contains("a journal that is not used"), "\(status)")
    #expect(Content.bytes(workspace["elsewhere"]) == [1, 2, 3])
    if kind == "directory" { #expect(Content.bytes("\(journal)/inside") == [5]) }
  }

  @Test(
    "Another user's journal that may not be read is left alone",
    .enabled(if: Restrictions.isRoot, "only root may become another user"))
  func unreadable() async throws {
    try workspace.directory("out")
    #expect(chmod(workspace["out"], 0o777) == 0)
    let journal = try workspace.file("out/.p2p-copy-journal", [9, 9])
    #expect(chmod(journal, 0o600) == 0)
    let relay = try await workspace.relay()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"], wrapper: Restrictions.asNobody)
    let sent = try await workspace.run(["send", relay.url, "4821-lusab-babad", "src"])
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent)\n\(received)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
    #expect(Content.bytes(journal) == [9, 9])
  }
}
