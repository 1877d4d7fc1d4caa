import Testing

extension PythonInterop {
  /// Nobody talks to a relay whose certificate they have no reason to trust.
  @Suite struct TrustTests {
    @Test("Unknown certificate is refused", arguments: Tool.allCases, Tool.allCases)
    func unknownCertificateIsRefused(_ client: Tool, relay: Tool) async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        let transfer = try Transfer(
          from: client, to: client, over: surroundings.relay(relay, .wss).url, surroundings)
        for command in [transfer.sender, transfer.receiver] {
          let outcome = await (try command.start(surroundings, trusting: false)).end()
          #expect(client == .swift ? outcome.status == 3 : outcome.status > 0, "\(outcome)")
          #expect(outcome.errors.lowercased().contains("certificate"), "\(outcome)")
        }
      }
    }

    /// Plain text to a TLS port, and the other way round, is an error and no waiting.
    @Test("Wrong scheme is refused", arguments: Tool.allCases, Scheme.allCases)
    func wrongSchemeIsRefused(relay: Tool, _ scheme: Scheme) async throws {
      let surroundings = try #require(Surroundings.current)
      try await Slots.transfers.run {
        let port = try #require(surroundings.relay(relay, scheme).url.split(separator: ":").last)
        let address = (scheme == .ws ? "wss://localhost:" : "ws://localhost:") + port
        let transfer = try Transfer(from: .swift, to: .swift, over: address, surroundings)
        let outcome = await (try transfer.sender.start(surroundings)).end()
        #expect(outcome.status == 3, "\(outcome)")
      }
    }
  }
}
