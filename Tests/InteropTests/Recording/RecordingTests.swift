import Foundation
import TestSupport
import Testing

extension PythonInterop {
  /// Both tools send the same messages, to the byte but for what the compressor makes of the data.
  @Suite struct RecordingTests {
    /// Different sizes, since the Python tool sends the large files first.
    private static let files = FileTree(files: [
      "tree/2 MiB and a bit": TestContent.random((2 << 20) + 99, seed: 11),
      "tree/one MiB": [UInt8](repeating: 7, count: 1 << 20),
      "tree/half a MiB, ünïcødé 🦆": TestContent.random(1 << 19, seed: 12),
      "tree/quote\" back\\slash": TestContent.random(300, seed: 13),
      "tree/control\u{1}\t\u{7F}characters": TestContent.random(200, seed: 14),
      "tree/slash/under": TestContent.random(100, seed: 15),
      "tree/empty": [],
    ])

    @Test("Senders say the same", arguments: Compression.allCases)
    func sendersSayTheSame(_ compression: Compression) async throws {
      let ours = try await sent(by: .swift, ["--compress", compression.rawValue])
      let theirs = try await sent(by: .python, ["--compress", compression.rawValue])
      #expect(ours == theirs)
      #expect(theirs.count { $0.hasPrefix("chunk ") && $0.contains(" chain True ") } == 9)
    }

    @Test("Senders continue the same")
    func sendersContinueTheSame() async throws {
      // The first is a prefix, the second differs, the third is all there; the others are not.
      let prefix = TestContent.random((2 << 20) + 99, seed: 11).prefix(1 << 20)
      let entries = [
        ("tree/2 MiB and a bit", 1 << 20, try await chain(Array(prefix))),
        ("tree/one MiB", 1 << 20, String(repeating: "ab", count: 32)),
        ("tree/slash/under", 100, try await chain(TestContent.random(100, seed: 15))),
      ]
      let list = entries.map { #"{"path":"\#($0)","size":\#($1),"chain_hex":"\#($2)"}"# }.joined(separator: ",")
      let answer = #"{"type":"receiver_manifest","entries":[\#(list)]}"#
      let ours = try await sent(by: .swift, ["--resume", "--compress", "off"], answer: answer)
      let theirs = try await sent(by: .python, ["--resume", "--compress", "off"], answer: answer)
      // Ours also sends the empty file, which the Python receiver would lack otherwise.
      let index = try #require(ours.firstIndex { $0.hasPrefix(#"{"type":"file","path":"tree/empty""#) })
      var withoutEmpty = ours
      withoutEmpty.removeSubrange(index..<(index + 3))
      #expect(withoutEmpty == theirs)
      #expect(theirs.contains { $0.contains(#""append_from":1048576"#) })
    }

    @Test("Receivers report the same")
    func receiversReportTheSame() async throws {
      let directory = try TemporaryDirectory(isInMemory: false)
      try FileTree(files: [
        "tree/prefix": TestContent.random((1 << 20) + 7, seed: 21),
        "tree/complete, ünïcødé": TestContent.random(5, seed: 22),
        "tree/empty": [],
        "tree/longer than the sender's": TestContent.random(90, seed: 23),
        "tree/not in the manifest": TestContent.random(9, seed: 24),
      ]).write(below: directory.path)
      let list = [
        ("tree/prefix", 9 << 20), ("tree/complete, ünïcødé", 5), ("tree/empty", 0),
        ("tree/longer than the sender's", 80), ("tree/missing", 1),
      ].map { #"{"path":"\#($0)","size":\#($1)}"# }.joined(separator: ",")
      let manifest = #"{"type":"manifest","resume":true,"entries":[\#(list)]}"#
      let ours = try await received(by: .swift, manifest, into: directory)
      let theirs = try await received(by: .python, manifest, into: directory)
      // Ours does not tell of a file that is longer than the sender's: nothing could be appended to it.
      #expect(ours == theirs.map { $0.replacing(/,{"path":"tree\/longer[^}]*}/, with: "") })
      #expect(theirs.last?.contains("tree/longer") == true)
      #expect(theirs.last?.contains("ünïcødé") == true)
    }

    private func sent(by tool: Tool, _ options: [String], answer: String? = nil) async throws -> [String] {
      let surroundings = try #require(Surroundings.current)
      let directory = try TemporaryDirectory(isInMemory: false)
      try Self.files.write(below: directory.path)
      return try await Slots.transfers.run {
        let recorder = try await Recorder("sender", answer: answer, surroundings.installation)
        let sender = try TransferCommand(
          tool: tool, verb: "send", relay: recorder.url, code: "recorded", options: options, paths: ["tree"],
          directory: directory.path
        ).start(surroundings)
        let messages = try await recorder.messages()
        let outcome = await sender.end()
        #expect(outcome.status == 0, "\(outcome)")
        return messages
      }
    }

    private func received(by tool: Tool, _ manifest: String, into directory: TemporaryDirectory) async throws
      -> [String]
    {
      let surroundings = try #require(Surroundings.current)
      return try await Slots.transfers.run {
        let recorder = try await Recorder("receiver", answer: manifest, surroundings.installation)
        let receiver = try TransferCommand(
          tool: tool, verb: "receive", relay: recorder.url, code: "recorded",
          // Without the option ours says nothing of files under their own names.
          options: ["--out", directory.path] + (tool == .swift ? ["--resume"] : []), directory: directory.path
        ).start(surroundings)
        let messages = try await recorder.messages()
        // Files were announced that never came: ours says so, and the Python tool does not.
        let outcome = await receiver.end()
        #expect(outcome.status == (tool == .swift ? 14 : 0), "\(outcome)")
        return messages
      }
    }

    /// The chained checksum of at most one chunk, by somebody else: SHA-256 of the chunk.
    private func chain(_ bytes: [UInt8]) async throws -> String {
      let directory = try TemporaryDirectory(isInMemory: false)
      try RawFile.write(bytes, to: directory.path + "/chunk")
      let outcome = await
        (try ChildProcess("/usr/bin/env", ["openssl", "dgst", "-sha256", "-r", "chunk"], in: directory.path))
        .end()
      return try #require(outcome.output.split(separator: " ").first.map(String.init), "\(outcome)")
    }
  }
}
