import NIOCore
import NIOHTTP1
import NIOPosix
import P2PCopyCore

/// One attempt to reach a relay, from the name to the open WebSocket. Lives on one event loop.
final class ConnectAttempt {
  private enum State {
    /// Name resolution and TCP.
    case connecting
    /// TLS and the upgrade.
    case upgrading(any Channel)
    /// The promise is fulfilled.
    case finished
  }

  /// How many bytes one read from the socket takes at most: few system calls, and it still fits into the second-level
  /// cache from where the bytes are copied into the message.
  private static let readByteCount = 256 << 10

  private let address: RelayAddress
  private let options: TransportOptions
  private let tls: TLSSettings?
  private let eventLoop: any EventLoop
  private let promise: EventLoopPromise<WebSocketConnection>
  private var state = State.connecting

  private init(
    address: RelayAddress, options: TransportOptions, tls: TLSSettings?, eventLoop: any EventLoop,
    promise: EventLoopPromise<WebSocketConnection>
  ) {
    self.address = address
    self.options = options
    self.tls = tls
    self.eventLoop = eventLoop
    self.promise = promise
  }

  /// Connects.
  ///
  /// - Throws: `P2PCopyError` with code `relayUnreachable`, or `CancellationError`.
  static func run(
    address: RelayAddress, options: TransportOptions, tls: TLSSettings?, on eventLoop: any EventLoop
  ) async throws -> WebSocketConnection {
    let promise = eventLoop.makePromise(of: WebSocketConnection.self)
    let bound = NIOLoopBoundBox<ConnectAttempt?>.makeBoxSendingValue(nil, eventLoop: eventLoop)
    return try await withTaskCancellationHandler {
      eventLoop.execute {
        let attempt = ConnectAttempt(
          address: address, options: options, tls: tls, eventLoop: eventLoop, promise: promise)
        bound.value = attempt
        attempt.start()
      }
      // The cancellation handler may have run before there was anything to cancel.
      if Task.isCancelled { eventLoop.execute { bound.value?.end(.failure(CancellationError())) } }
      return try await promise.futureResult.get()
    } onCancel: {
      eventLoop.execute { bound.value?.end(.failure(CancellationError())) }
    }
  }

  private var failure: ConnectFailure { ConnectFailure(address: address) }

  private func start() {
    let isolated = eventLoop.assumeIsolated()
    let limit = options.connectTimeout
    let timeout = isolated.scheduleTask(in: TimeAmount(limit)) { [self] in
      var isConnected = false
      if case .upgrading = state { isConnected = true }
      end(.failure(failure.timeout(limit, isConnected: isConnected)))
    }
    promise.futureResult.whenComplete { _ in timeout.cancel() }

    // Handlers are added when the connection stands, not before: addresses are raced, and only the winner may speak.
    ClientBootstrap(group: eventLoop)
      .connectTimeout(TimeAmount(limit + .seconds(1)))
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readByteCount))
      .connect(host: address.host, port: address.port)
      .assumeIsolated()
      .whenComplete { [self] result in
        switch result {
        case .success(let channel): connected(channel)
        case .failure(let error): end(.failure(failure.connecting(error)))
        }
      }
  }

  private func connected(_ channel: any Channel) {
    guard case .connecting = state else {
      channel.close(promise: nil)
      return
    }
    state = .upgrading(channel)
    do {
      try upgrade(channel).assumeIsolated().whenComplete { [self] result in
        switch result {
        case .success(.upgraded(let handler)): upgraded(channel, handler)
        case .success(.refused(let head)): refused(head)
        case .failure(let error): end(.failure(failure.handshake(error)))
        }
      }
    } catch {
      end(.failure(failure.handshake(error)))
    }
  }

  private func upgrade(_ channel: any Channel) throws -> EventLoopFuture<UpgradeOutcome> {
    if let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
    let (address, options) = (address, options)
    let upgrader = WebSocketUpgrader { FrameHandler(address: address, options: options) }
    let configuration = NIOTypedHTTPClientUpgradeConfiguration(
      upgradeRequestHead: HTTPRequestHead(
        version: .http1_1, method: .GET, uri: address.target, headers: ["Host": address.hostHeader]),
      upgraders: [upgrader],
      notUpgradingCompletionHandler: { channel in
        channel.eventLoop.makeCompletedFuture {
          let promise = channel.eventLoop.makePromise(of: HTTPResponseHead.self)
          try channel.pipeline.syncOperations.addHandler(RefusalHandler(promise: promise))
          return .refused(promise.futureResult)
        }
      })
    var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
    // The first frames may come in the same read as the answer; by default they would be dropped.
    pipeline.leftOverBytesStrategy = .forwardBytes
    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
  }

  private func refused(_ head: EventLoopFuture<HTTPResponseHead>) {
    head.assumeIsolated().whenComplete { [self] result in
      switch result {
      case .success(let head): end(.failure(failure.refusal(head)))
      case .failure(let error): end(.failure(failure.handshake(error)))
      }
    }
  }

  private func upgraded(_ channel: any Channel, _ handler: NIOLoopBound<FrameHandler>) {
    guard case .upgrading = state else {
      channel.close(promise: nil)
      return
    }
    state = .finished
    promise.succeed(WebSocketConnection(channel: channel, handler: handler))
  }

  private func end(_ result: Result<WebSocketConnection, any Error>) {
    switch state {
    case .finished: return
    case .connecting: break
    case .upgrading(let channel): channel.close(promise: nil)
    }
    state = .finished
    promise.completeWith(result)
  }
}
