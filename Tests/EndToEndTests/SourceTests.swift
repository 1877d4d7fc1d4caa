import Foundation
import Glibc
import TestSupport
import Testing

/// What can stand on a sender's command line and lie in a folder.
@Suite(.serialized) struct SourceTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
  }

  /// Sends paths and expects both sides to be content.
  @discardableResult
  private func send(
    _ paths: [String], from directory: String? = nil, dialect: Dialect = .protocol2
  ) async throws -> Pair {
    let relay = try await workspace.relay()
    let receiver = try workspace.start(["receive", relay.url, "4821-lusab-babad", "--out", "out"] + dialect.options)
    let sent = try await workspace.run(
      ["send", relay.url, "4821-lusab-babad"] + dialect.options + ["--"] + paths, in: directory.map { workspace[$0] })
    let pair = Pair(sent: sent, received: await receiver.result())
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    return pair
  }

  @Test("What is no file is left out and named", arguments: Dialect.protocols)
  func whatIsNoFileIsLeftOutAndNamed(
    dialect: Dialect
  ) async throws {
    try workspace.file("src/file", [1])
    try workspace.file("elsewhere/target", [2])
    #expect(mkfifo(workspace["src/fifo"], 0o600) == 0)
    try await workspace.tool(["python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('src/socket')"])
    let links = [
      ("to-file", "../elsewhere/target"), ("to-folder", "../elsewhere"), ("dangling", "nowhere"), ("self", "self"),
      ("to-device", "/dev/null"),
    ]
    for (name, target) in links {
      try FileManager.default.createSymbolicLink(atPath: workspace["src/\(name)"], withDestinationPath: target)
    }
    if dialect == .protocol2 {
      // The target is outside: the receiver refuses it, and a test of its own looks at that.
      try FileManager.default.removeItem(atPath: workspace["src/to-device"])
      let pair = try await send(["src"])
      for name in ["fifo", "socket"] { #expect(pair.sent.errors.contains("left out 'src/\(name)'"), "\(pair)") }
      let kept = Dictionary(uniqueKeysWithValues: links.dropLast().map { ($0, Array("-> \($1)".utf8)) })
      let arrived = try Content.tree(workspace["out/src"])
      #expect(arrived == kept.merging(["file": [1]]) { $1 })
      return
    }
    let pair = try await send(["src"], dialect: dialect)
    for name in ["fifo", "socket", "to-folder", "dangling", "self", "to-device"] {
      #expect(pair.sent.errors.contains("left out 'src/\(name)'"), "\(pair)")
    }
    #expect(try Content.tree(workspace["out/src"]) == ["file": [1], "to-file": [2]])
  }

  @Test("A link that leads out is refused by the receiver", arguments: ["/dev/null", "../../outside"])
  func aLinkThatLeadsOutIsRefusedByTheReceiver(target: String)
    async throws
  {
    try workspace.file("src/file", [1])
    try FileManager.default.createSymbolicLink(atPath: workspace["src/link"], withDestinationPath: target)
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(["src"], relay: relay)
    #expect(pair.received.status == 12 && pair.sent.status == 17, "\(pair)")
    for result in [pair.sent, pair.received] { #expect(result.errors.contains("'src/link'"), "\(pair)") }
    #expect(try Content.tree(workspace["out/src"]) == ["file": [1]])
  }

  @Test("What is no file cannot be the only argument", arguments: ["/dev/null", "fifo"], Dialect.protocols)
  func whatIsNoFileCannotBeTheOnlyArgument(path: String, dialect: Dialect) async throws {
    #expect(mkfifo(workspace["fifo"], 0o600) == 0)
    let result = try await workspace.run(["send", "ws://127.0.0.1:9", "4821-lusab-babad", path] + dialect.options)
    let reason = path == "fifo" ? "left out 'fifo': a named pipe" : "left out '/dev/null': a character device"
    #expect(result.status == 2 && result.errors.contains(reason), "\(result)")
  }

  /// What a shell makes of `send *` arrives as `send .` does: a link that leads nowhere, or a FIFO, stops nothing.
  @Test("Everything named one by one arrives as with their directory", arguments: Dialect.protocols)
  func everythingNamedOneByOneArrivesAsWithTheirDirectory(dialect: Dialect)
    async throws
  {
    try workspace.file("src/file", [1])
    try workspace.file("src/folder/file", [2])
    #expect(mkfifo(workspace["src/fifo"], 0o600) == 0)
    for (name, target) in [("link", "file"), ("to-folder", "folder"), ("dangling", "nowhere")] {
      try FileManager.default.createSymbolicLink(atPath: workspace["src/\(name)"], withDestinationPath: target)
    }
    let names = ["dangling", "fifo", "file", "folder", "link", "to-folder"]
    let pair = try await send(names, from: "src", dialect: dialect)
    #expect(pair.sent.errors.contains("left out 'fifo': a named pipe"), "\(pair)")
    if dialect == .protocol2 {
      #expect(
        try Content.tree(workspace["out"]) == [
          "file": [1], "folder/": [], "folder/file": [2], "link": Array("-> file".utf8),
          "to-folder": Array("-> folder".utf8), "dangling": Array("-> nowhere".utf8),
        ])
    } else {
      #expect(pair.sent.errors.contains("left out 'dangling': a symbolic link that leads nowhere"), "\(pair)")
      #expect(
        try Content.tree(workspace["out"]) == [
          "file": [1], "folder/": [], "folder/file": [2], "link": [1], "to-folder/": [], "to-folder/file": [2],
        ])
    }
  }

  @Test("A receipt replaces nothing that is read", arguments: ["--code-file", "--files-from"])
  func aReceiptReplacesNothingThatIsRead(option: String) async throws {
    try workspace.file("src/file", [1])
    try workspace.file("read", "4821-lusab-babad".utf8)
    let result = try await workspace.run(
      ["send", "--relay", "ws://127.0.0.1:9", option, "read", "--receipt", "./read", "src"],
      environment: option == "--code-file" ? [:] : ["P2P_COPY_CODE": "4821-lusab-babad"])
    #expect(result.status == 2 && result.errors.contains("'./read' would be replaced"), "\(result)")
    #expect(Content.bytes(workspace["read"]) == Array("4821-lusab-babad".utf8))
  }

  @Test("Names keep their bytes and are shown escaped")
  func namesKeepTheirBytesAndAreShownEscaped() async throws {
    let names = [
      "a", "new\nline", "esc\u{1B}[31m", "bidi\u{202E}gpj.exe", "tab\tand\rreturn", "back\\slash", "quote\"'", " ",
      "-dash",
      "é", "e\u{301}", "日本", "🦆", "%s%n", "*", "~", "#",
    ]
    for name in names { try workspace.file("src/\(name)", name.utf8) }
    let pair = try await send(["src"])
    #expect(try Content.tree(workspace["src"]) == Content.tree(workspace["out/src"]))
    #expect(Content.bytes(workspace["out/src/e\u{301}"]) == Array("e\u{301}".utf8))
    for text in [pair.sent.errors, pair.received.errors] {
      #expect(text.contains("src/new\\nline ") && text.contains("src/bidi\\u{202E}gpj.exe "), "\(pair)")
      #expect(!text.contains { $0 == "\u{202E}" || $0.isASCII && $0 < " " && $0 != "\n" }, "\(pair)")
    }
  }

  /// Names that are no UTF-8 cannot travel in protocol 1.
  @Test("A name that is not UTF-8 is named and the others arrive")
  func aNameThatIsNotUTF8IsNamedAndTheOthersArrive()
    async throws
  {
    try workspace.file("src/good", [1])
    let bytes = Array(workspace["src/bad-"].utf8) + [0xFF, 0]
    let descriptor = bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { creat($0.baseAddress ?? UnsafePointer(strdup("")), 0o644) }
    }
    #expect(descriptor >= 0)
    close(descriptor)
    let relay = try await workspace.relay()
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: ["--protocol", "1"], receiving: ["--protocol", "1"])
    #expect(pair.sent.status == 10 && pair.sent.errors.contains("src/bad-\\xFF"), "\(pair)")
    #expect(Content.bytes(workspace["out/src/good"]) == [1])
  }

  /// What the files below a path are called at the other side.
  @Test(
    "Names at the other side",
    arguments: [
      (["src"], nil, ["src/f", "src/d/g"]),
      (["src/"], nil, ["src/f", "src/d/g"]),
      (["./src//"], nil, ["src/f", "src/d/g"]),
      (["src/f"], nil, ["f"]),
      (["."], "src", ["f", "d/g"]),
      (["./d"], "src", ["d/g"]),
      ([".."], "src/d", ["src/f", "src/d/g"]),
      (["../f", "g"], "src/d", ["f", "g"]),
      (["src/f", "src/f"], nil, ["f"]),
      (["src", "src/d"], nil, ["src/f", "src/d/g", "d/g"]),
      (["x"], nil, ["x"]),
      (["link/"], nil, ["link/f", "link/d/g"]),
    ] as [([String], String?, [String])], Dialect.protocols)
  func namesAtTheOtherSide(paths: ([String], from: String?, expected: [String]), dialect: Dialect) async throws {
    let (paths, directory, expected) = paths
    try workspace.file("src/f", [1])
    try workspace.file("src/d/g", [2])
    try workspace.file("x", [3])
    try FileManager.default.createSymbolicLink(atPath: workspace["link"], withDestinationPath: "src")
    try await send(paths, from: directory, dialect: dialect)
    let arrived = try Content.tree(workspace["out"]).keys.filter { !$0.hasSuffix("/") }.sorted()
    #expect(arrived == expected.sorted())
  }

  @Test("Sparse and oddly sized files arrive", arguments: Dialect.protocols)
  func sparseAndOddlySizedFilesArrive(
    dialect: Dialect
  ) async throws {
    let chunk = 1 << 20
    for (name, count) in [("0", 0), ("1", 1), ("less", chunk - 1), ("exact", chunk), ("more", chunk + 1)] {
      try workspace.file("src/\(name)", TestContent.random(count))
    }
    try workspace.file("src/zeros", [UInt8](repeating: 0, count: 3 * chunk))
    try workspace.file("src/sparse", [1])
    #expect(truncate(workspace["src/sparse"], 9_000_000) == 0)
    try await send(["src"], dialect: dialect)
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  @Test("A thousand files arrive", arguments: Dialect.protocols)
  func aThousandFilesArrive(dialect: Dialect)
    async throws
  {
    for number in 0..<1000 { try workspace.file("src/\(number % 30)/\(number)", "\(number)".utf8) }
    let pair = try await send(["src"], dialect: dialect)
    #expect(pair.received.output.contains("received 1000 files"), "\(pair.received.output)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }
}
