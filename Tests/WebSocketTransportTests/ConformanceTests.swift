import Logging
import P2PCopyCore
import P2PCopyRelay
import P2PCopyTesting
import Testing
import WebSocketTransport

/// The transport against the relay, by the kit that every transport has to pass.
@Suite struct ConformanceTests {
  private var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

  @Test func overTCP() async throws {
    let relay = try await RelayServer.start(
      configuration: RelayConfiguration(host: "127.0.0.1", port: 0), logger: quiet)
    await checkTransport(WebSocketClientTransport(), address: try .loopback(relay.port))
    await relay.shutDownNow()
  }

  @Test func overTLS() async throws {
    let certificate = try TestCertificate(names: "IP:127.0.0.1")
    let relay = try await RelayServer.start(
      configuration: RelayConfiguration(host: "127.0.0.1", port: 0, tls: certificate.relayFiles), logger: quiet)
    var options = TransportOptions()
    options.trustRootsFile = LocalPath(certificate.certificateFile)
    await checkTransport(
      WebSocketClientTransport(), address: try .loopback(relay.port, scheme: "wss"), options: options)
    await relay.shutDownNow()
  }

  @Test func isWhatItSays() {
    let registry = CodecRegistry(plugins: [WebSocketClientTransport.self])
    #expect(registry.transport(forScheme: "ws")?.name == "websocket")
    #expect(registry.transport(forScheme: "wss")?.name == "websocket")
  }
}
