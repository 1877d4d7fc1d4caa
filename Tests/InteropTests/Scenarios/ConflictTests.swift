import TestSupport
import Testing

extension PythonInterop {
  /// Our receiver keeps what was there before unless told otherwise, whoever sends.
  @Suite struct ConflictTests {
    /// What is there before: of another content, where an empty file belongs, and the same.
    private static let before = FileTree(files: [
      "a file with spaces.txt": Array("mine".utf8),
      "tree/empty": [1, 2, 3],
      "tree/one MiB": TestContent.random(1 << 20, seed: 99),
      "tree/mine alone": [4],
    ])

    @Test("Keeps what was there", arguments: Tool.allCases, [false, true])
    func keepsWhatWasThere(_ sender: Tool, resume: Bool) async throws {
      let surroundings = try #require(Surroundings.current)
      var transfer = try Transfer(from: sender, to: .swift, over: surroundings.relay(.swift).url, surroundings)
      if resume { transfer.sender.options.append("--resume") }
      try Self.before.write(below: transfer.out)

      let (sending, receiving) = try await Slots.transfers.run { [transfer] in try await transfer.run(surroundings) }
      // Protocol 1 has no word for it; our receiver says so in how it closes, which only our sender understands.
      #expect(sending.status == (sender == .swift ? 17 : 0), "\(sending)")
      #expect(receiving.status == 13, "\(receiving)")
      for name in ["a file with spaces.txt", "tree/empty", "tree/one MiB"] {
        #expect(receiving.errors.contains("'\(name)' exists"), "\(receiving)")
      }
      let expected = FileTree(files: SampleFiles.tree.files.merging(Self.before.files) { $1 })
      #expect(try expected.differences(to: transfer.received()).isEmpty, "\(receiving)")
    }

    @Test("Renames what comes", arguments: Tool.allCases)
    func renamesWhatComes(_ sender: Tool) async throws {
      let surroundings = try #require(Surroundings.current)
      var transfer = try Transfer(from: sender, to: .swift, over: surroundings.relay(.python).url, surroundings)
      transfer.receiver.options += ["--on-conflict", "rename"]
      try Self.before.write(below: transfer.out)

      let (sending, receiving) = try await Slots.transfers.run { [transfer] in try await transfer.run(surroundings) }
      #expect(sending.status == 0 && receiving.status == 0, "\(sending)\n\(receiving)")
      var expected = SampleFiles.tree.files
      for (path, bytes) in Self.before.files {
        if let sent = expected[path] { expected[Self.renamed(path)] = sent }
        expected[path] = bytes
      }
      #expect(try FileTree(files: expected).differences(to: transfer.received()).isEmpty, "\(receiving)")
    }

    private static func renamed(_ path: FilePath) -> FilePath {
      path.text.hasSuffix(".txt") ? FilePath(path.text.dropLast(4) + " (1).txt") : FilePath(path.text + " (1)")
    }
  }
}
