import TestSupport
import Testing

extension PythonInterop {
  /// Our receiver continues its partial files with any sender, and never takes a sender's word for what they hold.
  @Suite struct PartialFileTests {
    @Test("Continues its partial files", arguments: Tool.allCases, [false, true])
    func continuesItsPartialFiles(_ sender: Tool, resume: Bool) async throws {
      let surroundings = try #require(Surroundings.current)
      var transfer = try Transfer(from: sender, to: .swift, over: surroundings.relay(.swift).url, surroundings)
      if resume { transfer.sender.options.append("--resume") }
      let noise = try #require(SampleFiles.tree.files["tree/20 MiB of noise"])
      let text = try #require(SampleFiles.tree.files["tree/20 MiB of text"])
      let other = TestContent.random(500_000, seed: 98)
      try FileTree(files: [
        "tree/.20 MiB of noise.p2p-copy-partial": Array(noise.prefix(7_654_321)),
        "tree/.20 MiB of text.p2p-copy-partial": text,
        "tree/.one MiB.p2p-copy-partial": other,
        "tree/.one byte.p2p-copy-partial": other,
      ]).write(below: transfer.out)

      let (sending, receiving) = try await Slots.transfers.run { [transfer] in try await transfer.run(surroundings) }
      #expect(sending.status == 0 && receiving.status == 0, "\(sending)\n\(receiving)")
      #expect(try SampleFiles.tree.differences(to: transfer.received()).isEmpty, "\(receiving)")
      #expect(receiving.output.contains("did not have to travel") == resume, "\(receiving)")
    }
  }
}
