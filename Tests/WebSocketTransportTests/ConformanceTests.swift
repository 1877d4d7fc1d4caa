import Logging
import P2PCopyCore
import P2PCopyRelay
import P2PCopyTesting
import TestSupport
import Testing
import WebSocketTransport

/// The transport against the relay, by the kit that every transport has to pass.
@Suite(.timeLimit(.minutes(5))) struct ConformanceTests {
  private var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  @Test("Over TCP")
  func overTCP() async throws {
    let relay = try await RelayServer.start(
      configuration: RelayConfiguration(host: "127.0.0.1", port: 0), logger: quiet)
    await checkTransport(WebSocketClientTransport(), relay: try .loopback(relay.port))
    await relay.shutDownNow()
  }

  @Test("Over TLS")
  func overTLS() async throws {
    let certificate = try TestCertificate(names: "IP:127.0.0.1")
    let relay = try await RelayServer.start(
      configuration: RelayConfiguration(host: "127.0.0.1", port: 0, tls: certificate.relayFiles), logger: quiet)
    var options = TransportOptions()
    options.trustRootsFile = LocalPath(certificate.certificateFile)
    await checkTransport(
      WebSocketClientTransport(), relay: try .loopback(relay.port, scheme: "wss"), options: options)
    await relay.shutDownNow()
  }

  @Test("Is what it says")
  func isWhatItSays() async throws {
    let registry = CodecRegistry(plugins: [WebSocketClientTransport.self])
    #expect(registry.transport(forScheme: "ws")?.name == "websocket")
    #expect(registry.transport(forScheme: "wss")?.name == "websocket")
    #expect(WebSocketClientTransport().properties(forScheme: "wss").isEncrypted)
    #expect(!WebSocketClientTransport().properties(forScheme: "ws").isEncrypted)
    #expect(!WebSocketClientTransport().properties(forScheme: "ws").canListen)
    let refusal = await #expect(throws: P2PCopyError.self) {
      _ = try await WebSocketClientTransport().listen(at: .loopback(0), options: TransportOptions())
    }
    #expect(refusal?.code == .usage)
  }
}
