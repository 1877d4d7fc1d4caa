import Foundation
import Glibc
import P2PCopyCore
import P2PCopyProtocol1
import TestSupport
import Testing
import WebSocketFraming

/// Senders of protocol 1 that say what no sender of ours says, to a receiver process.
@Suite(.serialized) struct HostileSenderTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.directory("out")
    try workspace.file("outside/victim", "untouched".utf8)
  }

  /// Receives from a hostile sender.
  ///
  /// Expects that the receiver ends by itself with an exit status, says why in lines without control characters, and
  /// changes nothing outside `out`.
  private func receive(
    options: [String] = [], _ attack: (WebSocketPeer) async throws -> Void
  ) async throws -> CommandResult {
    let relay = try await workspace.relay()
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out", "--protocol", "1"] + options)
    try await receiver.waitFor("waiting for the sender")
    let peer = try await WebSocketPeer.connect(to: relay, as: .sender)
    try await peer.expect("ready")
    try await attack(peer)
    try await peer.readToEnd()
    let result = await receiver.result()
    #expect(result.signal == nil && !result.isOverdue, "\(result)")
    #expect(!result.errors.contains { $0.isASCII && $0 < " " && $0 != "\n" }, "\(result)")
    #expect(Content.bytes(workspace["outside/victim"]) == Array("untouched".utf8))
    #expect(try Content.tree(workspace["outside"]).count == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace.path).sorted()
    #expect(names == ["out", "outside"], "\(names)")
    return result
  }

  /// Announces and sends one file in the regular way.
  private static func send(_ peer: WebSocketPeer, path: String, _ bytes: [UInt8]) async throws {
    let entry = ManifestEntry(path: Array(path.utf8), byteCount: Int64(bytes.count))
    try await peer.send(.manifest(entries: [entry], resume: false))
    try await peer.send(file: path, bytes)
    try await peer.send(.end)
  }

  // MARK: - Names

  @Test(
    "Names that lead outside are refused",
    arguments: [
      "../outside/victim", "..", ".", "", "/", "/tmp/p2p-copy-e2e-absolute", "a/../../outside/victim", "a//b", "a/",
      "./a",
      "a/./b", "a\u{0}b", String(repeating: "x", count: 256), String(repeating: "a/", count: 2500) + "b",
      String(repeating: "x", count: 5000), ".x.p2p-copy-partial", "../\u{1B}[2J\u{202E}x",
    ])
  func namesThatLeadOutsideAreRefused(path: String) async throws {
    let result = try await receive { try await Self.send($0, path: path, [1, 2, 3]) }
    #expect(result.status == 12, "\(result)")
    #expect(result.errors.contains("refused the name"), "\(result)")
    #expect(try Content.tree(workspace["out"]).isEmpty)
    #expect(Content.size("/tmp/p2p-copy-e2e-absolute") == nil)
  }

  @Test("A refused name does not stop the others")
  func aRefusedNameDoesNotStopTheOthers() async throws {
    let result = try await receive { peer in
      try await peer.send(text: #"{"type":"manifest","entries":[{"path":"../x","size":1},{"path":"good","size":1}]}"#)
      try await peer.send(file: "../x", [1])
      try await peer.send(file: "good", [2])
      try await peer.send(.end)
    }
    #expect(result.status == 12, "\(result)")
    #expect(Content.bytes(workspace["out/good"]) == [2])
  }

  @Test("A symbolic link to a directory is not followed")
  func aSymbolicLinkToADirectoryIsNotFollowed() async throws {
    try FileManager.default.createSymbolicLink(atPath: workspace["out/link"], withDestinationPath: "../outside")
    for path in ["link/victim", "link/new", "link/deep/er"] {
      let result = try await receive { try await Self.send($0, path: path, [1]) }
      #expect(result.status == 12 && result.errors.contains("symbolic link"), "\(result)")
    }
    // The policy lets the link itself go, and a directory take its place.
    let result = try await receive(options: ["--on-conflict", "overwrite"]) {
      try await Self.send($0, path: "link/new", [1])
    }
    #expect(result.status == 0, "\(result)")
    #expect(Content.bytes(workspace["out/link/new"]) == [1])
  }

  @Test(
    "A symbolic link under the final name is not followed",
    arguments: [("fail", 13), ("skip", 0), ("overwrite", 0), ("rename", 0)] as [(String, Int32)])
  func aSymbolicLinkUnderTheFinalNameIsNotFollowed(policy: String, status: Int32) async throws {
    for (name, target) in [("link", "../outside/victim"), ("dangling", "../outside/new"), ("loop", "loop")] {
      try FileManager.default.createSymbolicLink(atPath: workspace["out/\(name)"], withDestinationPath: target)
      let result = try await receive(options: ["--on-conflict", policy]) { try await Self.send($0, path: name, [1]) }
      #expect(result.status == status, "\(result)")
      let arrived = policy == "overwrite" ? name : policy == "rename" ? "\(name) (1)" : nil
      if let arrived { #expect(Content.bytes(workspace["out/\(arrived)"]) == [1]) }
      if policy != "overwrite" {
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: workspace["out/\(name)"]) == target)
      }
    }
  }

  @Test("A link under the partial name is not written through")
  func aLinkUnderThePartialNameIsNotWrittenThrough()
    async throws
  {
    let partial = Content.partial("file", in: workspace["out"])
    try FileManager.default.createSymbolicLink(atPath: partial, withDestinationPath: "../outside/victim")
    #expect(try await receive { try await Self.send($0, path: "file", [1]) }.status == 0)
    try FileManager.default.removeItem(atPath: workspace["out/file"])
    #expect(link(workspace["outside/victim"], partial) == 0)
    #expect(try await receive { try await Self.send($0, path: "file", [2]) }.status == 0)
    #expect(Content.bytes(workspace["out/file"]) == [2])
  }

  @Test("A link that is swapped in meanwhile is not followed")
  func aLinkThatIsSwappedInMeanwhileIsNotFollowed()
    async throws
  {
    let workspace = workspace
    let result = try await receive { peer in
      try await peer.send(
        text: #"{"type":"manifest","entries":[{"path":"d/one","size":1},{"path":"d/victim","size":1}]}"#)
      try await peer.send(file: "d/one", [1])
      // Once the first file has arrived, its folder is exchanged for a link.
      try await eventually("the first file is there") { Content.size(workspace["out/d/one"]) != nil }
      try FileManager.default.moveItem(atPath: workspace["out/d"], toPath: workspace["out/moved"])
      try FileManager.default.createSymbolicLink(atPath: workspace["out/d"], withDestinationPath: "../outside")
      try await peer.send(file: "d/victim", [2])
      try await peer.send(.end)
    }
    // It goes where the folder is now, or nowhere.
    #expect(result.status == 0 || result.status == 12, "\(result)")
  }

  @Test("A folder where a file is is named")
  func aFolderWhereAFileIsIsNamed() async throws {
    try workspace.file("out/file", [9])
    let result = try await receive { try await Self.send($0, path: "file/below", [1]) }
    #expect(result.status == 13 && result.errors.contains("'file/below'"), "\(result)")
    #expect(Content.bytes(workspace["out/file"]) == [9])
  }

  // MARK: - Breaking the protocol

  /// What a sender may say that ends the session: a name, messages, the expected exit status.
  struct Breach: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var status: Int32 = 7
    var attack: @Sendable (WebSocketPeer) async throws -> Void

    static let manifest = #"{"type":"manifest","resume":false,"entries":[{"path":"f","size":10}]}"#
    static let file = #"{"type":"file","path":"f","size":10,"compression":"none","append_from":0}"#

    /// Says some texts, one after the other.
    static func saying(_ name: String, _ texts: [String], status: Int32 = 7) -> Breach {
      Breach(testDescription: name, status: status) { peer in
        for text in texts { try await peer.send(text: text) }
      }
    }

    /// Announces and begins a file with these fields, then sends chunks.
    static func chunks(
      _ name: String, status: Int32 = 7, compression: String = "none", size: Int = 10, _ chunks: [[UInt8]]
    ) -> Breach {
      Breach(testDescription: name, status: status) { peer in
        try await peer.send(text: #"{"type":"manifest","entries":[{"path":"f","size":\#(size)}]}"#)
        try await peer.send(text: #"{"type":"file","path":"f","size":\#(size),"compression":"\#(compression)"}"#)
        try await peer.send(chunks: chunks)
        try await peer.send(.fileEnd)
        try await peer.send(.end)
      }
    }

    static let all: [Breach] = [
      saying("a path twice", [#"{"type":"manifest","entries":[{"path":"f","size":1},{"path":"f","size":1}]}"#]),
      saying("a file that is not in the manifest", [manifest, file.replacingOccurrences(of: "\"f\"", with: "\"g\"")]),
      saying("a file before the manifest", [file]),
      saying("two manifests", [manifest, manifest]),
      saying("a file in a file", [manifest, file, file]),
      saying("the end in a file", [manifest, file, #"{"type":"eof"}"#]),
      saying("the end before the manifest", [#"{"type":"eof"}"#]),
      saying("a negative size", [#"{"type":"manifest","entries":[{"path":"f","size":-1}]}"#]),
      saying("a size beyond 64 bits", [#"{"type":"manifest","entries":[{"path":"f","size":99999999999999999999}]}"#]),
      saying("half a byte", [#"{"type":"manifest","entries":[{"path":"f","size":1.5}]}"#]),
      saying(
        "sizes that overflow together",
        [
          #"{"type":"manifest","entries":[{"path":"f","size":9223372036854775807},{"path":"g","size":9223372036854775807}]}"#
        ]),
      saying("a negative file size", [manifest, file.replacingOccurrences(of: "10", with: "-10")]),
      saying(
        "an offset that was never offered", [manifest, file.replacingOccurrences(of: "from\":0", with: "from\":5")]),
      saying("a negative offset", [manifest, file.replacingOccurrences(of: "from\":0", with: "from\":-5")]),
      saying("an offset behind the end", [manifest, file.replacingOccurrences(of: "from\":0", with: "from\":11")]),
      saying("an unknown compression", [manifest, file.replacingOccurrences(of: "none", with: "lzma")], status: 15),
      saying(
        "a malformed name of a compression", [manifest, file.replacingOccurrences(of: "none", with: "\\u001b[2J")]),
      saying("not JSON", ["manifest, please"]),
      saying("an empty text", [""]),
      saying("an array", ["[]"]),
      saying("half a JSON text", [String(manifest.dropLast(3))]),
      saying("no type", [#"{"entries":[]}"#]),
      saying("a type that is a number", [#"{"type":7}"#]),
      saying("entries that are an object", [#"{"type":"manifest","entries":{}}"#]),
      saying("an entry without a path", [#"{"type":"manifest","entries":[{"size":1}]}"#]),
      saying("half a surrogate", [#"{"type":"manifest","entries":[{"path":"\ud800","size":1}]}"#]),
      saying("an unknown message", [manifest, #"{"type":"frobnicate"}"#]),
      saying("a message of a receiver", [#"{"type":"receiver_manifest","entries":[]}"#]),
      saying("an escape sequence", [#"{"type":"\#u{1B}[2J"}"#]),
      saying("deep nesting", [String(repeating: "[", count: 1_000_000)]),
      saying(
        "deep nesting in an unknown field",
        [#"{"type":"manifest","x":"# + String(repeating: #"{"x":"#, count: 150_000)]),
      saying(
        "an encrypted manifest", [#"{"type":"enc_manifest","nonce":"00","hidden_manifest":"00"}"#], status: 8),
      Breach(testDescription: "data before the manifest") { peer in
        try await peer.send(chunks: [[1]])
      },
      Breach(testDescription: "data between files") { peer in
        try await peer.send(text: manifest)
        try await peer.send(chunks: [[1]])
      },
      // The relay sees to that.
      Breach(testDescription: "a text that is not UTF-8", status: 6) { peer in
        peer.send(
          Frame(opcode: .text, payload: Array(#"{"type":"manifest","entries":[{"path":""#.utf8) + [0xFF, 0xFE]))
      },
      chunks("more than announced", [[UInt8](repeating: 1, count: 11)]),
      chunks("more than announced, in the second chunk", [[UInt8](repeating: 1, count: 10), [1]]),
      chunks("what is not zstd", status: 16, compression: "zstd", [[UInt8](repeating: 1, count: 10)]),
      chunks("a decompression bomb", status: 16, compression: "zstd", size: 1 << 40, [bomb(byteCount: 1 << 30)]),
      chunks("a small decompression bomb", compression: "zstd", size: 10, [bomb(byteCount: 1 << 20)]),
      chunks("a file that is too short", status: 14, [[1, 2, 3]]),
    ]

    /// A zstd frame of zeros (RFC 8878, section 3.1.1): blocks of 128 KiB that say "one byte, so many times", 4 bytes each.
    static func bomb(byteCount: Int) -> [UInt8] {
      // Magic number, no content size, a window of 2 MiB.
      var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58]
      let blockByteCount = 128 << 10
      let count = byteCount / blockByteCount
      for index in 0..<count {
        let header = blockByteCount << 3 | 1 << 1 | (index == count - 1 ? 1 : 0)
        frame += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16 & 0xFF), 0]
      }
      return frame
    }
  }

  @Test("A breach ends the session", arguments: Breach.all)
  func aBreachEndsTheSession(breach: Breach) async throws {
    let result = try await receive(options: ["--on-conflict", "overwrite"], breach.attack)
    #expect(result.status == breach.status, "\(result)")
    #expect(result.errors.utf8.count < 2000, "\(result)")
    let complete = try Content.tree(workspace["out"]).keys.filter { !$0.hasSuffix("-partial") }
    #expect(complete.isEmpty, "\(complete)")
  }

  @Test("Two mebibytes of hostile entries take bounded time", arguments: [false, true])
  func twoMebibytesOfHostileEntriesTakeBoundedTime(resume: Bool) async throws {
    let result = try await receive { peer in
      // The longest manifest there can be: names that are refused, as many as fit, and each a little different.
      var text = #"{"type":"manifest","resume":\#(resume),"entries":["#
      var number = 0
      while text.utf8.count < (2 << 20) - 100 {
        text += "\(number == 0 ? "" : ","){\"path\":\"\(number % 2 == 0 ? "../" : "a/b/c/")\(number)\",\"size\":1}"
        number += 1
      }
      try await peer.send(text: text + "]}")
      try await peer.send(.end)
    }
    #expect(result.status == 14, "\(result)")
    #expect(result.errors.contains("and "), "\(result)")
  }

  @Test("A message of more than two mebibytes is refused")
  func aMessageOfMoreThanTwoMebibytesIsRefused() async throws {
    let result = try await receive { peer in
      try await peer.send(text: String(repeating: " ", count: (2 << 20) + 1))
    }
    // The relay does not even pass it on.
    #expect(result.status == 6, "\(result)")
  }
}
