import NIOCore
import NIOPosix
import NIOTransportSupport
import P2PCopyCore
import P2PCopyPlatform
import Synchronization

/// Accepts TCP connections, one for each that is asked for; the others wait in the system.
final class TCPListener: TransportListener {
  private struct State {
    /// Accepted and not taken: what was asked for by a task that has been cancelled since.
    var connections: [FramedConnection] = []
    var waiter: CheckedContinuation<FramedConnection, any Error>?
    var failure: P2PCopyError?
  }

  let endpoint: Endpoint

  private let channel: any Channel
  private let queue: Queue

  /// What the event loop and the accepting task share. Apart from the listener, which closes when nobody holds it.
  private final class Queue: Sendable {
    private let state = Mutex(State())

    /// A connection that waits already.
    func pop() throws -> FramedConnection? {
      try state.withLock { state in
        if let failure = state.failure { throw failure }
        return state.connections.isEmpty ? nil : state.connections.removeFirst()
      }
    }

    func wait(_ continuation: CheckedContinuation<FramedConnection, any Error>) {
      let result: Result<FramedConnection, any Error>? = state.withLock { state in
        if let failure = state.failure { return .failure(failure) }
        if !state.connections.isEmpty { return .success(state.connections.removeFirst()) }
        // Under the lock, so that a cancellation either is seen here or finds the continuation.
        if Task.isCancelled { return .failure(CancellationError()) }
        if state.waiter != nil {
          return .failure(P2PCopyError(.internalError, "two tasks accept at one listener at the same time"))
        }
        state.waiter = continuation
        return nil
      }
      if let result { continuation.resume(with: result) }
    }

    func cancel() {
      state.withLock { $0.waiter.take() }?.resume(throwing: CancellationError())
    }

    func push(_ connection: FramedConnection) {
      let (waiter, isDropped) = state.withLock { state -> (CheckedContinuation<FramedConnection, any Error>?, Bool) in
        if state.failure != nil { return (nil, true) }
        if let waiter = state.waiter.take() { return (waiter, false) }
        state.connections.append(connection)
        return (nil, false)
      }
      waiter?.resume(returning: connection)
      if isDropped { connection.abort() }
    }

    /// Only the first failure counts.
    func fail(_ error: P2PCopyError) {
      let (waiter, connections) = state.withLock { state in
        if state.failure == nil { state.failure = error }
        defer { state.connections = [] }
        return (state.waiter.take(), state.connections)
      }
      waiter?.resume(throwing: error)
      for connection in connections { connection.abort() }
    }
  }

  private init(channel: any Channel, endpoint: Endpoint, queue: Queue) {
    self.channel = channel
    self.endpoint = endpoint
    self.queue = queue
  }

  deinit {
    close()
  }

  static func open(
    at address: TCPAddress, for endpoint: Endpoint, options: TransportOptions, on group: any EventLoopGroup
  ) async throws -> TCPListener {
    let queue = Queue()
    let channel: any Channel
    do {
      channel = try await ServerBootstrap.forMessages(on: group)
        .serverChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(FailureHandler { error in queue.fail(error) })
          }
        }
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let remote = channel.remoteAddress
            let peer =
              if let host = remote?.ipAddress, let port = remote?.port {
                TCPAddress.endpoint(host: host, port: port).description
              } else {
                "an unknown address"
              }
            let connection = try FramedConnection.overTCP(channel, peer: "the other side at \(peer)", options: options)
            try channel.pipeline.syncOperations.addHandler(ActiveHandler { queue.push(connection) })
          }
        }
        .bind(host: address.host, port: address.port).get()
    } catch {
      throw cannotListen(at: endpoint, error)
    }
    let port = channel.localAddress?.port ?? address.port
    return TCPListener(channel: channel, endpoint: TCPAddress.endpoint(host: address.host, port: port), queue: queue)
  }

  func accept() async throws -> any TransportConnection {
    if let connection = try queue.pop() { return connection }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<FramedConnection, any Error>) in
        queue.wait(continuation)
        channel.read()
      }
    } onCancel: {
      queue.cancel()
    }
  }

  func close() {
    queue.fail(P2PCopyError(.cancelled, "listening at \(endpoint) was ended on this side"))
    channel.close(promise: nil)
  }

  private static func cannotListen(at endpoint: Endpoint, _ error: any Error) -> P2PCopyError {
    let why =
      switch (error as? IOError)?.errnoCode {
      case EADDRINUSE: "the port is taken; use another one"
      case EACCES: "that port is for the administrator only; use one above 1023"
      case EADDRNOTAVAIL: "this machine does not have that address"
      default: "the system does not let it"
      }
    return P2PCopyError(.relayNotStarted, "cannot listen at \(endpoint): \(why)", cause: error)
  }
}

/// Says once that its channel is open.
private final class ActiveHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let onActive: @Sendable () -> Void

  init(onActive: @escaping @Sendable () -> Void) {
    self.onActive = onActive
  }

  func channelActive(context: ChannelHandlerContext) {
    onActive()
    context.fireChannelActive()
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}

/// Tells of what ends the listening.
private final class FailureHandler: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let onFailure: @Sendable (P2PCopyError) -> Void

  init(onFailure: @escaping @Sendable (P2PCopyError) -> Void) {
    self.onFailure = onFailure
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Somebody who left again before it was accepted ends nothing.
    if let code = (error as? IOError)?.errnoCode, code == ECONNABORTED {
      context.read()
      return
    }
    onFailure(P2PCopyError(.outOfResources, "no more connections can be accepted", cause: error))
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    onFailure(P2PCopyError(.internalError, "the listening socket was closed"))
    context.fireChannelInactive()
  }
}
