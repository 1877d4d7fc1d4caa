import P2PCopyCore
import P2PCopyTesting
import TCPTransport
import Testing

/// The transport by the kit that every transport has to pass.
@Suite(.timeLimit(.minutes(5))) struct TCPConformanceTests {
  @Test("Conforms", arguments: ["127.0.0.1:0", "[::1]:0", "localhost:0"])
  func conforms(address: String) async {
    await checkTransport(TCPTransport(), listeningAt: Endpoint(scheme: "tcp", address: address))
  }

  @Test("Is what it says")
  func isWhatItSays() {
    let registry = CodecRegistry(plugins: [TCPTransport.self])
    #expect(registry.transport(forScheme: "tcp")?.name == "tcp")
    #expect(!TCPTransport().properties(forScheme: "tcp").isEncrypted)
  }

  @Test(
    "Malformed endpoints are usage",
    arguments: [
      "tcp://", "tcp://host", "tcp://host:x", "tcp://host:65536", "tcp://:1", "tcp://::1:1", "ws://host:1",
    ])
  func malformedEndpointsAreUsage(text: String) async throws {
    let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    let endpoint = Endpoint(scheme: String(parts[0]), address: String(parts[1]))
    let connecting = await #expect(throws: P2PCopyError.self) {
      _ = try await TCPTransport().connect(to: endpoint, options: TransportOptions())
    }
    #expect(connecting?.code == .usage)
    let listening = await #expect(throws: P2PCopyError.self) {
      _ = try await TCPTransport().listen(at: endpoint, options: TransportOptions())
    }
    #expect(listening?.code == .usage)
  }

  @Test("What is taken or not there is said")
  func whatIsTakenOrNotThereIsSaid() async throws {
    let listener = try await TCPTransport().listen(
      at: Endpoint(scheme: "tcp", address: "127.0.0.1:0"), options: TransportOptions())
    let taken = await #expect(throws: P2PCopyError.self) {
      _ = try await TCPTransport().listen(at: listener.endpoint, options: TransportOptions())
    }
    #expect(taken?.code == .relayNotStarted)
    #expect(taken?.message.contains("taken") == true, "\(taken as Any)")
    listener.close()
    let gone = await #expect(throws: P2PCopyError.self) {
      while true {
        let connection = try await TCPTransport().connect(to: listener.endpoint, options: TransportOptions())
        // Closing takes its time.
        connection.abort()
        await Task.yield()
      }
    }
    #expect(gone?.code == .relayUnreachable)
    #expect(gone?.message.contains("refused the connection") == true, "\(gone as Any)")
  }
}
