public import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A relay: pairs peers by the code hash in their hello, and passes on what they send each other.
///
/// ```swift
/// let relay = try await RelayServer.start(configuration: RelayConfiguration(host: "localhost", port: 8765))
/// print("listening on port \(relay.port)")
/// await relay.waitUntilClosed()
/// ```
///
/// A relay runs on one thread of its own from ``start(configuration:logger:)`` to ``shutDown(drain:)``, which has to be
/// called, also when the process goes on without a relay.
public final class RelayServer: Sendable {
  private enum Phase {
    case running
    case stopping
    /// The thread takes nothing more: what is handed to it now would never run.
    case threadEnding
  }

  /// The port it listens on: the one that was asked for, or the one that the system chose.
  public let port: Int

  /// Where it listens, such as `127.0.0.1:8765` and `[::1]:8765`.
  public let addresses: [String]

  private let logger: Logger
  private let group: MultiThreadedEventLoopGroup
  private let listeners: [any Channel]
  private let switchboard: NIOLoopBound<Switchboard>
  private let phase = Mutex(Phase.running)
  private let stopped = Latch()

  private init(
    group: MultiThreadedEventLoopGroup, listeners: [any Channel], switchboard: NIOLoopBound<Switchboard>,
    logger: Logger
  ) {
    self.group = group
    self.listeners = listeners
    self.switchboard = switchboard
    self.logger = logger
    addresses = listeners.compactMap { $0.localAddress?.hostAndPort }
    port = listeners.lazy.compactMap { $0.localAddress?.port }.first ?? 0
  }

  /// Opens the relay. When this returns it accepts connections.
  ///
  /// - Parameters:
  ///   - configuration: Where to listen, and how.
  ///   - logger: Gets one line for each event.
  /// - Returns: The running relay.
  /// - Throws: ``RelayError``, when the configuration cannot work, the certificate cannot be used or the address cannot
  ///   be listened on.
  public static func start(
    configuration: RelayConfiguration, logger: Logger = Logger(label: "p2p-copy.relay")
  ) async throws(RelayError) -> RelayServer {
    try configuration.validate()
    let tls: NIOSSLContext?
    if let files = configuration.tls {
      tls = try NIOSSLContext(relayFiles: files)
    } else {
      tls = nil
    }
    // One loop for everything: both ends of a pair are on it, so nothing needs a lock.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    do {
      let switchboard = try await startSwitchboard(
        loop, configuration.limits, usesTLS: tls != nil, logger)
      let bootstrap = RelayPipeline.bootstrap(group: loop, switchboard: switchboard, tls: tls)
      let listeners = try await RelayListeners.open(bootstrap, host: configuration.bareHost, port: configuration.port)
      let server = RelayServer(group: group, listeners: listeners, switchboard: switchboard, logger: logger)
      logger.info(
        "listening",
        metadata: ["addresses": "\(server.addresses.joined(separator: " "))", "tls": "\(tls != nil)"])
      return server
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  private static func startSwitchboard(
    _ loop: any EventLoop, _ limits: RelayLimits, usesTLS: Bool, _ logger: Logger
  ) async throws(RelayError) -> NIOLoopBound<Switchboard> {
    do {
      return try await loop.submit {
        let switchboard = Switchboard(eventLoop: loop, limits: limits, usesTLS: usesTLS, logger: logger)
        switchboard.startKeepalive()
        return NIOLoopBound(switchboard, eventLoop: loop)
      }.get()
    } catch {
      throw RelayError(.cannotListen, "the relay's thread did not start")
    }
  }

  // MARK: The end

  /// Returns once the relay has stopped, or when the task is cancelled.
  public func waitUntilClosed() async {
    await stopped.wait()
  }

  /// Stops: no new connections, waiting peers are closed with status 1001, pairs may finish.
  ///
  /// Returns once the relay has stopped. Calling it again, or cancelling the task, can shorten the time and never makes it
  /// longer.
  ///
  /// - Parameter drain: How long pairs may go on; then they are closed with status 1001, too.
  public func shutDown(drain: Duration) async {
    await shutDown { switchboard, loop, limits in
      loop.assumeIsolated().scheduleTask(in: TimeAmount(drain)) { switchboard.closeAll() }
      // For peers that take no Close either.
      loop.assumeIsolated().scheduleTask(in: TimeAmount(drain) + TimeAmount(limits.closeTimeout)) {
        switchboard.abort()
      }
    }
  }

  /// Stops at once: pairs are cut off.
  public func shutDownNow() async {
    await shutDown { switchboard, _, _ in switchboard.abort() }
  }

  private func shutDown(
    _ end: @escaping @Sendable (Switchboard, any EventLoop, RelayLimits) -> Void
  ) async {
    let (bound, listeners, logger) = (switchboard, listeners, logger)
    let loop = bound.eventLoop
    let emptied = Latch()
    let isFirst = phase.withLock { phase in
      guard phase != .threadEnding else { return false }
      let isFirst = phase == .running
      phase = .stopping
      loop.execute {
        let switchboard = bound.value
        if isFirst {
          logger.info("draining", metadata: ["pairs": "\(switchboard.pairCount)"])
          for listener in listeners { listener.close(promise: nil) }
          switchboard.stopKeepalive()
          switchboard.drain()
          switchboard.open(emptied) { $0.connections == 0 }
        }
        end(switchboard, loop, switchboard.limits)
      }
      return isFirst
    }
    guard isFirst else {
      await stopped.wait()
      return
    }
    await emptied.wait()
    phase.withLock { $0 = .threadEnding }
    try? await group.shutdownGracefully()
    logger.info("stopped")
    stopped.open()
  }

  // MARK: For tests

  /// What the relay has to do at the moment.
  package func counts() async -> RelayCounts {
    let bound = switchboard
    let counts = try? await bound.eventLoop.submit { bound.value.counts }.get()
    return counts ?? .none
  }

  /// Bytes held for peers that do not take them.
  package func heldByteCount() async -> Int {
    let bound = switchboard
    return (try? await bound.eventLoop.submit { bound.value.heldByteCount }.get()) ?? 0
  }

  /// Returns once the counts meet a condition.
  package func waitUntil(_ condition: @escaping @Sendable (RelayCounts) -> Bool) async {
    let bound = switchboard
    let latch = Latch()
    bound.eventLoop.execute { bound.value.open(latch, when: condition) }
    await latch.wait()
  }
}
