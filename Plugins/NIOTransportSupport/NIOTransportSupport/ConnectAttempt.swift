package import NIOCore
import NIOPosix
import P2PCopyCore

/// One attempt to connect over TCP, from the name to the connection that carries messages. Lives on one event loop.
package final class ConnectAttempt {
  /// Makes of a TCP connection what messages travel over, on its event loop. Its errors are shown as they are.
  package typealias Establish = @Sendable (any Channel) throws -> EventLoopFuture<FramedConnection>

  private enum State {
    /// Name resolution and TCP.
    case connecting
    /// What a transport does before the first message, such as TLS.
    case establishing(any Channel)
    /// The promise is fulfilled.
    case finished
  }

  private let target: ConnectTarget
  private let timeout: Duration
  private let establish: Establish
  private let eventLoop: any EventLoop
  private let promise: EventLoopPromise<FramedConnection>
  private var state = State.connecting

  private init(
    target: ConnectTarget, timeout: Duration, eventLoop: any EventLoop, promise: EventLoopPromise<FramedConnection>,
    establish: @escaping Establish
  ) {
    self.target = target
    self.timeout = timeout
    self.establish = establish
    self.eventLoop = eventLoop
    self.promise = promise
  }

  /// Connects. Addresses are raced.
  ///
  /// - Parameters:
  ///   - target: Where to.
  ///   - timeout: How long all of it may take.
  ///   - eventLoop: Where the connection lives.
  ///   - establish: Called when the connection stands, and not before: only the winner of a race may speak.
  /// - Returns: The open connection.
  /// - Throws: `P2PCopyError` with code `relayUnreachable`, what `establish` fails with, or `CancellationError`.
  package static func run(
    to target: ConnectTarget, within timeout: Duration, on eventLoop: any EventLoop, establish: @escaping Establish
  ) async throws -> FramedConnection {
    try Task.checkCancellation()
    let promise = eventLoop.makePromise(of: FramedConnection.self)
    let bound = NIOLoopBoundBox<ConnectAttempt?>.makeBoxSendingValue(nil, eventLoop: eventLoop)
    return try await withTaskCancellationHandler {
      eventLoop.execute {
        let attempt = ConnectAttempt(
          target: target, timeout: timeout, eventLoop: eventLoop, promise: promise, establish: establish)
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

  private var failure: ConnectFailure { ConnectFailure(target: target) }

  private func start() {
    let limit = timeout
    let timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { [self] in
      var isConnected = false
      if case .establishing = state { isConnected = true }
      end(.failure(failure.timeout(limit, isConnected: isConnected)))
    }
    promise.futureResult.whenComplete { _ in timer.cancel() }

    ClientBootstrap.forMessages(on: eventLoop, connectTimeout: TimeAmount(limit + .seconds(1)))
      .connect(host: target.host, port: target.port)
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
    state = .establishing(channel)
    do {
      try establish(channel).assumeIsolated().whenComplete { [self] result in end(result) }
    } catch {
      end(.failure(error))
    }
  }

  private func end(_ result: Result<FramedConnection, any Error>) {
    switch (state, result) {
    case (.finished, .failure): return
    case (.finished, .success(let connection)):
      connection.abort()
      return
    case (.establishing(let channel), .failure): channel.close(promise: nil)
    case (.connecting, _), (.establishing, .success): break
    }
    state = .finished
    promise.completeWith(result)
  }
}
