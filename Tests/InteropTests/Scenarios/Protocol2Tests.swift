import Glibc
import TestSupport
import Testing

extension PythonInterop {
  /// The Python relay pairs two peers of ours that speak protocol 2 with each other.
  @Suite struct Protocol2Tests {
    /// Sends a folder with something of every kind, and looks at what arrived.
    @Test("Every kind arrives", arguments: Scheme.allCases, [false, true])
    func everyKindArrives(over scheme: Scheme, senderComesFirst: Bool) async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        let source = try TemporaryDirectory(isInMemory: false)
        let large = TestContent.random(3 << 20, seed: 41)
        try RawFile.write(large, to: source.path + "/tree/large")
        try RawFile.makeDirectory(source.path + "/tree/empty")
        #expect(symlink("large", source.path + "/tree/link") == 0)

        let transfer = try transfer(over: scheme, surroundings, source: source.path)
        let outcomes = try await run(transfer, surroundings, senderComesFirst: senderComesFirst)
        for outcome in outcomes { #expect(outcome.status == 0, "\(outcome)") }
        #expect(try RawFile.names(in: transfer.out + "/tree").sorted() == ["empty", "large", "link"])
        let isSame = try RawFile.read(transfer.out + "/tree/large") == large
        #expect(isSame)
        #expect(RawFile.isDirectory(transfer.out + "/tree/empty"))
        var target = [CChar](repeating: 0, count: 100)
        #expect(readlink(transfer.out + "/tree/link", &target, 99) == 5)
        #expect(target.prefix(5).elementsEqual("large".utf8.map { CChar($0) }))
        #expect(try transfer.strays().isEmpty)
      }
    }

    @Test("The wrong code is noticed by both", arguments: Scheme.allCases, [false, true])
    func theWrongCodeIsNoticedByBoth(over scheme: Scheme, senderComesFirst: Bool) async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        let source = try TemporaryDirectory(isInMemory: false)
        try RawFile.write([1], to: source.path + "/tree/file")
        let transfer = try transfer(over: scheme, surroundings, source: source.path, receiverSecret: "babaf")
        for outcome in try await run(transfer, surroundings, senderComesFirst: senderComesFirst) {
          #expect(outcome.status == 8, "\(outcome)")
        }
        #expect(try RawFile.names(in: transfer.out).isEmpty)
      }
    }

    private func transfer(
      over scheme: Scheme, _ surroundings: Surroundings, source: String, receiverSecret: String = "babad"
    ) throws -> Transfer {
      var transfer = try Transfer(
        from: .swift, to: .swift, over: surroundings.relay(.python, scheme).url, surroundings)
      // The channel must be nobody else's; what follows the first dash is the secret.
      let channel = transfer.sender.code.filter { $0 != "-" }
      transfer.sender = TransferCommand(
        tool: .swift, verb: "send", relay: transfer.sender.relay, code: channel + "-lusab-babad", protocolNumber: 2,
        paths: ["tree"], directory: source)
      transfer.receiver = TransferCommand(
        tool: .swift, verb: "receive", relay: transfer.receiver.relay, code: channel + "-lusab-" + receiverSecret,
        protocolNumber: 2, options: transfer.receiver.options, directory: transfer.receiver.directory)
      return transfer
    }

    /// Starts one side, and the other once the first waits; both to their ends.
    private func run(
      _ transfer: Transfer, _ surroundings: Surroundings, senderComesFirst: Bool
    ) async throws -> [ProcessOutcome] {
      let commands = [transfer.sender, transfer.receiver]
      let first = try commands[senderComesFirst ? 0 : 1].start(surroundings)
      try await first.waitUntil("the first side waits") { first.errors.contains("waiting for the ") }
      let second = try commands[senderComesFirst ? 1 : 0].start(surroundings)
      async let secondOutcome = second.end()
      return [await first.end(), await secondOutcome]
    }
  }
}
