package import Logging
package import NIOCore
import WebSocketFraming

/// Knows all connections of a relay and who waits for whom. Lives on the relay's one event loop.
package final class Switchboard {
  let eventLoop: any EventLoop
  let limits: RelayLimits
  let usesTLS: Bool
  let logger: Logger

  private var connections: [UInt64: PeerConnection] = [:]
  private(set) var pairCount = 0
  /// For what connections hold of what came before a hello was complete or a partner there.
  let holdingRoom: HoldingRoom
  private var waiting: [String: PeerConnection] = [:]
  private var quota: ConnectionQuota
  private var nextID: UInt64 = 1
  private var isDraining = false
  private var keepaliveTask: Scheduled<Void>?
  private var observers = CountObservers()

  package init(eventLoop: any EventLoop, limits: RelayLimits, usesTLS: Bool = false, logger: Logger) {
    self.eventLoop = eventLoop
    self.limits = limits
    self.usesTLS = usesTLS
    self.logger = logger
    holdingRoom = HoldingRoom(maximumByteCount: limits.maximumHeldByteCount)
    quota = ConnectionQuota(limits: limits)
  }

  // MARK: Connections

  /// Takes a connection in.
  ///
  /// - Returns: `nil` when there is no room or the relay is stopping; the channel is to be closed then.
  func accept(_ channel: any Channel) -> PeerConnection? {
    let connection = PeerConnection(id: nextID, channel: channel, switchboard: self)
    nextID += 1
    guard !isDraining else { return nil }
    do {
      try quota.add(connection.origin)
    } catch {
      logger.notice("refused", metadata: connection.metadata.adding("reason", error.rawValue))
      return nil
    }
    connections[connection.id] = connection
    // Also for those that never get as far as the connection's own handler.
    channel.closeFuture.assumeIsolated().whenComplete { _ in connection.disconnected() }
    connection.accepted()
    logger.debug("accepted", metadata: connection.metadata)
    return connection
  }

  /// Takes in a connection that has done with HTTP, and adds its handler.
  package func adopt(_ channel: any Channel) throws {
    guard let connection = accept(channel) else { throw ChannelError.ioOnClosedChannel }
    try channel.pipeline.syncOperations.addHandler(connection)
  }

  /// Forgets a connection whose TCP connection is gone.
  func remove(_ connection: PeerConnection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    quota.remove(connection.origin)
    changed()
  }

  // MARK: Pairing

  /// Pairs a connection that said hello, or lets it wait.
  func introduce(_ newcomer: PeerConnection, _ hello: Hello) {
    guard !isDraining else {
      newcomer.refuse(.shuttingDown)
      return
    }
    guard let other = waiting[hello.codeHash], case .waiting(let otherHello) = other.state else {
      waiting[hello.codeHash] = newcomer
      newcomer.becomeWaiting(hello)
      logger.info("waiting", metadata: newcomer.metadata)
      if hello.speaksProtocol2 { newcomer.output.send(RelayMessage.waiting.text) }
      changed()
      return
    }
    guard otherHello.role != hello.role else {
      // The first one stays, so that a stranger cannot knock a waiting peer out.
      newcomer.refuse(.duplicateRole(hello.role))
      return
    }
    guard otherHello.speaksProtocol2 == hello.speaksProtocol2 else {
      // They could not understand each other, and here is the last place where somebody can say so.
      newcomer.refuse(.protocolMismatch(waiting: otherHello))
      return
    }
    waiting[hello.codeHash] = nil
    let pair = Pair(newcomer, role: hello.role, other, startedAt: eventLoop.now)
    pairCount += 1
    newcomer.becomePaired(pair, hello)
    other.becomePaired(pair, otherHello)
    logger.info(
      "paired", metadata: newcomer.metadata.adding("with", "\(other.id)"))
    changed()
    // Ahead of anything that is passed on.
    if hello.speaksProtocol2 {
      pair.sender.output.send(RelayMessage.readyProtocol2.text)
      pair.receiver.output.send(RelayMessage.readyProtocol2.text)
    } else {
      pair.sender.output.send(RelayMessage.ready.text)
    }
    other.flushCarried(to: newcomer)
  }

  /// Takes a waiting connection out of the table, if it is still the one there.
  func stopWaiting(_ connection: PeerConnection, _ hello: Hello) {
    guard waiting[hello.codeHash] === connection else { return }
    waiting[hello.codeHash] = nil
    changed()
  }

  /// Takes note of the end of a pair; both connections are still in their state then.
  func pairEnded(_ pair: Pair, _ event: Logger.Message, by connection: PeerConnection? = nil, reason: String? = nil) {
    pairCount -= 1
    let duration = Double((eventLoop.now - pair.startedAt).nanoseconds / 1_000_000) / 1000
    var metadata = (connection ?? pair.sender).metadata
    if let connection {
      metadata["with"] = "\(pair.partner(of: connection).id)"
    } else {
      metadata["with"] = "\(pair.receiver.id)"
      metadata["role"] = nil
    }
    metadata["bytes"] = "\(pair.forwardedByteCount)"
    metadata["seconds"] = "\(duration)"
    if let reason { metadata["reason"] = "\(reason)" }
    logger.info(event, metadata: metadata)
    changed()
  }

  // MARK: Keepalive

  /// Looks at every peer four times an interval, until ``stopKeepalive()``.
  package func startKeepalive() {
    let interval = TimeAmount(limits.keepaliveInterval)
    let period = TimeAmount.nanoseconds(max(1, interval.nanoseconds / 4))
    keepaliveTask = eventLoop.assumeIsolated().scheduleTask(in: period) { [weak self] in
      guard let self else { return }
      let now = eventLoop.now
      for connection in connections.values { connection.checkKeepalive(now: now, interval: interval) }
      startKeepalive()
    }
  }

  func stopKeepalive() {
    keepaliveTask?.cancel()
    keepaliveTask = nil
  }

  // MARK: The end

  /// Sends everybody away who is not part of a pair, and lets nobody in any more.
  func drain() {
    isDraining = true
    for connection in connections.values {
      if case .paired = connection.state { continue }
      connection.sendAway(.shuttingDown)
    }
  }

  /// Closes the pairs, too.
  func closeAll() {
    drain()
    for connection in connections.values {
      if case .paired(let pair, _) = connection.state {
        pairEnded(pair, "cut off", reason: "the relay is shutting down")
        connection.close(.goingAway)
        pair.partner(of: connection).close(.goingAway)
      }
    }
  }

  /// Ends every TCP connection, whatever is under way.
  func abort() {
    closeAll()
    for connection in connections.values { connection.channel.close(promise: nil) }
  }

  // MARK: Watching

  package var counts: RelayCounts {
    RelayCounts(connections: connections.count, waiting: waiting.count, pairs: pairCount)
  }

  /// What is held in memory of what peers sent: for peers that do not take it, or until there is somebody to take it.
  package var heldByteCount: Int {
    connections.values.reduce(0) { $0 + $1.output.unsentByteCount + $1.carried.byteCount }
  }

  /// Opens a latch once the counts meet a condition.
  func open(_ latch: Latch, when condition: @escaping (RelayCounts) -> Bool) {
    observers.add(latch, when: condition)
    changed()
  }

  private func changed() {
    if !observers.isEmpty { observers.tell(counts) }
  }
}
