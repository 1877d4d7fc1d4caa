import P2PCopyRelay
import ServiceLifecycle

/// A running relay as a service that is told when to end.
struct RelayService: Service {
  let server: RelayServer
  let drain: Duration

  func run() async throws {
    await withGracefulShutdownHandler {
      await server.waitUntilClosed()
    } onGracefulShutdown: {
      Task { await server.shutDown(drain: drain) }
    }
  }
}
