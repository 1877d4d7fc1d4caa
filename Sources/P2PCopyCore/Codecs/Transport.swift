/// How bytes travel: opens a connection to an endpoint, such as a relay.
///
/// `P2PCopyTesting.checkTransport` checks an implementation against this contract.
public protocol Transport: Codec {
  /// The URL schemes it serves, such as `ws` and `wss`.
  var schemes: [String] { get }

  /// Connects. Nothing has been said to the other side when this returns.
  ///
  /// - Parameters:
  ///   - endpoint: Where to; its scheme is one of ``schemes``.
  ///   - options: Limits and trust.
  /// - Returns: The open connection.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/relayUnreachable``, with code
  ///   ``P2PCopyError/Code/usage`` for an endpoint that is none of its own, or `CancellationError`.
  func connect(to endpoint: Endpoint, options: TransportOptions) async throws -> any TransportConnection
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
