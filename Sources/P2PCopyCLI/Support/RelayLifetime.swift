import P2PCopyRelay
import UnixSignals

/// Runs a relay until signals end it.
enum RelayLifetime {
  /// Returns when the relay has stopped.
  ///
  /// The first SIGTERM or SIGINT drains it, a second one stops it at once.
  ///
  /// - Parameters:
  ///   - server: The relay.
  ///   - drain: How long running transfers may go on.
  ///   - announce: Says that the relay is there, once signals end it in good order.
  /// - Throws: What `announce` throws; the relay is stopped then.
  static func run(_ server: RelayServer, drain: Duration, announce: () throws -> Void) async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    do {
      try announce()
    } catch {
      await server.shutDownNow()
      throw error
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await withDiscardingTaskGroup { stops in
          var isDraining = false
          for await _ in signals {
            let isFirst = !isDraining
            isDraining = true
            stops.addTask {
              if isFirst {
                await server.shutDown(drain: drain)
              } else {
                await server.shutDownNow()
              }
            }
          }
        }
      }
      await server.waitUntilClosed()
      group.cancelAll()
    }
  }
}
