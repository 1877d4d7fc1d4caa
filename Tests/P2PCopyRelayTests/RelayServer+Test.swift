import Logging
import P2PCopyRelay

extension RelayServer {
  /// Runs a relay on a free loopback port as long as `body` does.
  static func run(
    host: String = "127.0.0.1", tls: RelayTLSFiles? = nil, limits: RelayLimits = .patient,
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

  /// Returns once a pair is stuck because its receiver takes nothing: what is held stays above the low water mark.
  ///
  /// - Returns: The most that was held meanwhile, in bytes.
  func heldByteCountWhenStuck() async -> Int {
    var (most, inARow) = (0, 0)
    while inARow < 2000 {
      let held = await heldByteCount()
      most = max(most, held)
      inARow = held > 32 << 10 ? inARow + 1 : 0
    }
    return most
  }
}

extension RelayLimits {
  /// No clock that a busy machine could miss.
  static var patient: RelayLimits {
    var limits = RelayLimits()
    limits.helloTimeout = .seconds(600)
    limits.keepaliveInterval = .seconds(600)
    limits.closeTimeout = .seconds(600)
    return limits
  }
}
