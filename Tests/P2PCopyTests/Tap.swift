import NIOCore
import P2PCopy
import P2PCopyTesting
import Synchronization

/// Listens to all connections that its transport makes, and can cut them.
final class Tap: Sendable {
  private struct State {
    var endpoints: [Endpoint] = []
    var sent: [TransportMessage] = []
    var connections: [any TransportConnection] = []
    var lastActivity = ContinuousClock.now
  }

  private let state = Mutex(State())

  /// What connections were made to.
  var endpoints: [Endpoint] { state.withLock { $0.endpoints } }

  /// What both sides sent, in the order in which they did.
  var sent: [TransportMessage] { state.withLock { $0.sent } }

  /// For how long nobody has sent anything.
  var silence: Duration { state.withLock { ContinuousClock.now - $0.lastActivity } }

  /// Ends all connections without a word.
  func cut() {
    for connection in state.withLock({ $0.connections }) { connection.abort() }
  }

  fileprivate func connected(_ connection: any TransportConnection, to endpoint: Endpoint) {
    state.withLock { state in
      state.endpoints.append(endpoint)
      state.connections.append(connection)
    }
  }

  fileprivate func sent(_ message: TransportMessage) {
    state.withLock { state in
      state.sent.append(message)
      state.lastActivity = .now
    }
  }

  /// A transport whose connections are listened to.
  struct Transport: P2PCopyCore.Transport {
    let tap: Tap
    let inner: any P2PCopyCore.Transport

    var name: CodecName { inner.name }
    var summary: String { inner.summary }
    var schemes: [String] { inner.schemes }

    func properties(forScheme scheme: String) -> TransportProperties { inner.properties(forScheme: scheme) }

    func connect(to endpoint: Endpoint, options: TransportOptions) async throws -> any TransportConnection {
      let connection = Connection(tap: tap, inner: try await inner.connect(to: endpoint, options: options))
      tap.connected(connection, to: endpoint)
      return connection
    }
  }

  private final class Connection: TransportConnection {
    let tap: Tap
    let inner: any TransportConnection

    init(tap: Tap, inner: any TransportConnection) {
      self.tap = tap
      self.inner = inner
    }

    var buffers: MessageBufferPool { inner.buffers }

    func send(_ message: consuming TransportMessage) async throws {
      tap.sent(copy message)
      try await inner.send(message)
    }

    func receive() async throws -> TransportMessage? { try await inner.receive() }

    func finish(_ closure: TransportClosure) async throws -> TransportClosure { try await inner.finish(closure) }

    func abort() { inner.abort() }
  }
}
