import Logging
import P2PCopyRelay

extension RelayServer {
  /// Runs a relay on a free loopback port as long as `body` does.
  static func run(
    host: String = "127.0.0.1", tls: RelayTLSFiles? = nil, limits: RelayLimits = RelayLimits(),
    logger: Logger = .silent, _ body: (RelayServer) async throws -> Void
  ) async throws {
    let relay = try await start(
      configuration: RelayConfiguration(host: host, tls: tls, limits: limits), logger: logger)
    do {
      try await body(relay)
    } catch {
      await relay.shutDownNow()
      throw error
    }
    await relay.shutDownNow()
  }
}
