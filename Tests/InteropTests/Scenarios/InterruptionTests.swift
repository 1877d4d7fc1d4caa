import Glibc
import TestSupport
import Testing

extension PythonInterop {
  /// One side dies in the middle of a file: the other notices, and the next try goes on from there.
  @Suite struct InterruptionTests {
    @Test("Sender dies", arguments: Tool.allCases)
    func senderDies(over relay: Tool) async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        let source = try LargeFile()
        var transfer = try Transfer(from: .python, to: .swift, over: surroundings.relay(relay).url, surroundings)
        transfer.sender.directory = source.directory.path
        transfer.sender.paths = [LargeFile.name]
        transfer.sender.options = ["--resume", "--compress", "off"]

        let partial = transfer.out + "/.\(LargeFile.name).p2p-copy-partial"
        let receiving = try transfer.receiver.start(surroundings)
        let sending = try transfer.sender.start(surroundings)
        try await sending.waitUntil("some of the file is there") { RawFile.size(partial) ?? 0 > 2 << 20 }
        sending.kill()
        let outcome = await receiving.end(within: ChildProcess.grace)
        #expect(outcome.status == 6, "\(outcome)")
        #expect(try RawFile.names(in: transfer.out) == [".\(LargeFile.name).p2p-copy-partial"])

        let received = try #require(RawFile.size(partial))
        let expected = try source.cut(to: received + 3 << 20 + 5)
        let (again, receivingAgain) = try await transfer.run(surroundings)
        #expect(again.status == 0 && receivingAgain.status == 0, "\(again)\n\(receivingAgain)")
        #expect(receivingAgain.output.contains("did not have to travel"), "\(receivingAgain)")
        #expect(try expected.differences(to: transfer.received()).isEmpty)
      }
    }

    @Test("Receiver dies", arguments: Tool.allCases)
    func receiverDies(over relay: Tool) async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        let source = try LargeFile()
        var transfer = try Transfer(from: .swift, to: .python, over: surroundings.relay(relay).url, surroundings)
        transfer.sender.directory = source.directory.path
        transfer.sender.paths = [LargeFile.name]
        transfer.sender.options = ["--resume", "--compress", "off"]

        let file = transfer.out + "/" + LargeFile.name
        let sending = try transfer.sender.start(surroundings)
        let receiving = try transfer.receiver.start(surroundings)
        try await receiving.waitUntil("some of the file is there") { RawFile.size(file) ?? 0 > 2 << 20 }
        receiving.kill()
        let outcome = await sending.end(within: ChildProcess.grace)
        #expect(outcome.status == 6, "\(outcome)")

        let received = try #require(RawFile.size(file))
        let expected = try source.cut(to: received + 3 << 20 + 5)
        let (again, receivingAgain) = try await transfer.run(surroundings)
        #expect(again.status == 0 && receivingAgain.status == 0, "\(again)\n\(receivingAgain)")
        #expect(again.output.contains("did not have to travel"), "\(again)")
        #expect(try expected.differences(to: transfer.received()).isEmpty)
      }
    }
  }
}
