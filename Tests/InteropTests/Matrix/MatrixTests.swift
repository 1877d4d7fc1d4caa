import Testing

extension PythonInterop {
  /// Files arrive, byte for byte, whoever sends, receives and relays them and however.
  @Suite struct MatrixTests {
    @Test("Files arrive", arguments: CoveringCombinations.selected)
    func filesArrive(_ combination: Combination) async throws {
      let surroundings = try #require(Surroundings.current)
      let relay = try surroundings.relay(combination.relay, combination.scheme)
      try await Slots.transfers.run {
        try await check(combination, over: relay.url, surroundings)
      }
    }

    private func check(_ combination: Combination, over relay: String, _ surroundings: Surroundings) async throws {
      var transfer = try Transfer(
        from: combination.sender, to: combination.receiver, over: relay, surroundings,
        codePrefix: combination.connections > 1 ? "n=\(combination.connections)=n" : "")
      transfer.sender.encrypted = combination.isEncrypted
      transfer.receiver.encrypted = combination.isEncrypted
      transfer.sender.options = ["--compress", combination.compression.rawValue]
      if combination.resumption != .off { transfer.sender.options.append("--resume") }
      if combination.resumption == .mismatch, combination.receiver == .swift {
        transfer.receiver.options += ["--on-conflict", "overwrite"]
      }
      if combination.resumption == .prefix, combination.receiver == .swift {
        transfer.receiver.options.append("--resume")
      }
      let before = combination.resumption.destination(for: SampleFiles.tree)
      try before.write(below: transfer.out)
      for path in before.files.keys { try RawFile.age(transfer.out + "/" + path.text) }

      let (sender, receiver) = try await transfer.run(surroundings)
      try #require(sender.status == 0 && receiver.status == 0, "\(sender)\n\(receiver)")
      let differences = try expected(combination, before: before).differences(to: transfer.received())
      #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))\n\(sender)\n\(receiver)")
      #expect(try transfer.strays().isEmpty)

      if combination.resumption == .everything {
        let touched = SampleFiles.tree.files.keys.filter {
          RawFile.modified(transfer.out + "/" + $0.text) != 1_000_000_000 * 1_000_000_000
        }
        // The Python tool writes empty files anew, and so does whoever is told to.
        #expect(
          touched.allSatisfy { SampleFiles.tree.files[$0]?.isEmpty == true }, "\(touched)\n\(sender)\n\(receiver)")
      }
      if combination.resumption == .prefix || combination.resumption == .everything {
        for (tool, outcome) in [(combination.sender, sender), (combination.receiver, receiver)] where tool == .swift {
          #expect(outcome.output.contains("did not have to travel"), "\(outcome)")
        }
      }
    }

    /// What is there in the end: everything that was sent, but for a quirk among Python tools.
    private func expected(_ combination: Combination, before: FileTree) -> FileTree {
      guard combination.sender == .python, combination.receiver == .python, combination.resumption != .off else {
        return SampleFiles.tree
      }
      // With --resume the Python sender sends no empty files; our receiver makes them by itself, the Python one does not.
      var files = SampleFiles.tree.files
      for (path, bytes) in files where bytes.isEmpty { files[path] = before.files[path] }
      return FileTree(files: files)
    }
  }
}
