import Testing

extension PythonInterop {
  /// Who does not belong together is not paired, and is told so.
  @Suite struct PairingTests {
    /// Our relay keeps who came first, so that a stranger cannot knock a waiting peer out.
    @Test("Second sender is refused by our relay")
    func secondSenderIsRefusedByOurRelay() async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        let transfer = try Transfer(from: .swift, to: .swift, over: surroundings.relay(.swift).url, surroundings)
        let ours = try transfer.sender.start(surroundings)
        var theirCommand = transfer.sender
        theirCommand = TransferCommand(
          tool: .python, verb: "send", relay: theirCommand.relay, code: theirCommand.code, paths: theirCommand.paths,
          directory: theirCommand.directory)
        let theirs = try theirCommand.start(surroundings)
        // Whichever came second ends; which one that is does not matter.
        try await (ours.isRunning ? ours : theirs).waitUntil("one sender is refused") {
          !ours.isRunning || !theirs.isRunning
        }
        let receiving = try transfer.receiver.start(surroundings)
        let outcomes = [await ours.end(), await theirs.end()]
        let received = await receiving.end()
        #expect(outcomes.count { $0.status == 0 } == 1, "\(outcomes)")
        #expect([0, 4].contains(outcomes[0].status), "\(outcomes[0])")
        #expect(received.status == 0, "\(received)\n\(outcomes)")
        #expect(try SampleFiles.tree.differences(to: transfer.received()).isEmpty)
      }
    }

    /// The Python relay throws both out.
    @Test("Both senders are refused by the Python relay")
    func bothSendersAreRefusedByThePythonRelay() async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        let transfer = try Transfer(from: .swift, to: .swift, over: surroundings.relay(.python).url, surroundings)
        let senders = [try transfer.sender.start(surroundings), try transfer.sender.start(surroundings)]
        for sender in senders {
          let outcome = await sender.end()
          #expect(outcome.status == 4, "\(outcome)")
        }
      }
    }

    /// With `--encrypt` on one side only the two never meet.
    @Test("One side encrypts", arguments: Tool.allCases, [false, true])
    func oneSideEncrypts(_ other: Tool, isSender: Bool) async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        var transfer = try Transfer(
          from: isSender ? .swift : other, to: isSender ? other : .swift, over: surroundings.relay(.python).url,
          surroundings)
        transfer.sender.encrypted = true
        if isSender {
          transfer.sender.options += ["--wait", "2"]
        } else {
          transfer.receiver.options += ["--wait", "2"]
        }
        let receiving = try transfer.receiver.start(surroundings)
        let sending = try transfer.sender.start(surroundings)
        let outcome = await (isSender ? sending : receiving).end()
        #expect(outcome.status == 5, "\(outcome)")
        (isSender ? receiving : sending).kill()
        _ = await (isSender ? receiving : sending).end()
      }
    }
  }
}
