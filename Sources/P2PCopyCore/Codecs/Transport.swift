/// How bytes travel: opens connections to endpoints and, if it can, listens for those of others. It knows nothing of
/// relays, codes or sessions.
///
/// `P2PCopyTesting.checkTransport` checks an implementation against this contract: over pairs of connections, however they
/// are made, and over a relay where it talks to one.
public protocol Transport: Codec {
  /// The URL schemes it serves, such as `ws` and `wss`.
  var schemes: [String] { get }

  /// What it does for endpoints of one of ``schemes``.
  func properties(forScheme scheme: String) -> TransportProperties

  /// Connects. Nothing has been said to the other side when this returns.
  ///
  /// - Parameters:
  ///   - endpoint: Where to; its scheme is one of ``schemes``.
  ///   - options: Limits and trust.
  /// - Returns: The open connection.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/relayUnreachable``, with code
  ///   ``P2PCopyError/Code/usage`` for an endpoint that is none of its own, or `CancellationError`.
  func connect(to endpoint: Endpoint, options: TransportOptions) async throws -> any TransportConnection

  /// Listens. A transport that cannot need not have this method.
  ///
  /// - Parameters:
  ///   - endpoint: Where; its scheme is one of ``schemes``. It may leave a part to the system, such as a port 0.
  ///   - options: Limits and trust of the connections that come.
  /// - Returns: What gives the connections. Whoever connects from now on is kept until ``TransportListener/accept()`` asks
  ///   for it, as many as a fixed number; the others wait or are refused.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the transport cannot listen or the endpoint is
  ///   none of its own, with code ``P2PCopyError/Code/relayNotStarted`` when the system does not let it.
  func listen(at endpoint: Endpoint, options: TransportOptions) async throws -> any TransportListener
}

extension Transport {
  /// Refuses, as a transport does that only connects.
  public func listen(at endpoint: Endpoint, options: TransportOptions) async throws -> any TransportListener {
    throw P2PCopyError(.usage, "the transport \(name) cannot listen at \(endpoint); it connects only")
  }
}

/// What a transport does for endpoints of one scheme.
public struct TransportProperties: Hashable, Sendable {
  /// Whether nobody on the way can read what travels, nor change it unnoticed, and the other side has proved its name.
  public var isEncrypted: Bool

  /// Whether ``Transport/listen(at:options:)`` works.
  public var canListen: Bool

  /// The largest message that it carries, in bytes; `nil` when only ``TransportOptions/maximumMessageByteCount`` limits it.
  public var maximumMessageByteCount: Int?

  /// Creates properties.
  public init(isEncrypted: Bool, canListen: Bool, maximumMessageByteCount: Int? = nil) {
    self.isEncrypted = isEncrypted
    self.canListen = canListen
    self.maximumMessageByteCount = maximumMessageByteCount
  }
}

/// Gives the connections that others make to this side.
///
/// A listener that nobody holds any more is closed.
public protocol TransportListener: AnyObject, Sendable {
  /// Where it listens, with what the system chose: what ``Transport/connect(to:options:)`` takes on the other side.
  var endpoint: Endpoint { get }

  /// Waits for the next connection. Used by one task at a time. Cancelling ends the wait and nothing else.
  ///
  /// - Returns: The open connection, on which nothing has been said. Who made it is not known: it may be a stranger.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/cancelled`` when the listener is closed, with another one when
  ///   it broke, or `CancellationError`.
  func accept() async throws -> any TransportConnection

  /// Stops listening at once, and ends the connections that nobody has taken; those given out stay. Any number of times.
  func close()
}

/// One connection to the other peer, through a relay or not: a sequence of messages in each direction.
///
/// One task may send while another receives; each direction by itself is used by one task at a time.
/// Cancelling a task that waits here ends the wait with `CancellationError`. In ``finish(_:)`` that aborts the connection
/// as well; after ``send(_:)`` and ``receive()`` it is still good for ``finish(_:)``, so that a peer that stops can say so
/// behind what it has queued.
public protocol TransportConnection: AnyObject, Sendable {
  /// Buffers for messages. Take from here before sending, and give back what ``receive()`` returned once it is used up.
  var buffers: MessageBufferPool { get }

  /// Queues one message, in order.
  ///
  /// Returns when the message is queued and the bytes queued in total are under a fixed limit: this is the
  /// back-pressure, it counts bytes. Returning does not mean that anybody has the message: ``finish(_:)`` says that.
  ///
  /// - Parameter message: Consumed: a binary message's buffer goes back to ``buffers`` when it is written.
  /// - Throws: ``TransportClosure`` when the other side has closed, ``P2PCopyError`` when the connection is lost.
  func send(_ message: consuming TransportMessage) async throws

  /// Waits for the next message.
  ///
  /// - Returns: The message, or `nil` when the other side has closed normally after everything it sent.
  /// - Throws: ``TransportClosure`` when the other side closed for another reason, ``P2PCopyError`` when the
  ///   connection is lost or the other side broke the transport's rules.
  func receive() async throws -> TransportMessage?

  /// Ends the connection in good order: everything queued is written, the other side is told `closure`, and its own
  /// end is awaited.
  ///
  /// - Parameter closure: What to tell the other side.
  /// - Returns: What the other side said. By then it has taken everything that was sent, as far as the relay passes
  ///   that on (ours does).
  /// - Throws: ``P2PCopyError`` when the connection was lost before the other side had everything.
  @discardableResult
  func finish(_ closure: TransportClosure) async throws -> TransportClosure

  /// Ends the connection at once and drops what is queued. Safe to call at any time, any number of times.
  func abort()
}
