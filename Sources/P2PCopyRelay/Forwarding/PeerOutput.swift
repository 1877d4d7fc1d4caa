import NIOCore
import WebSocketFraming

/// What goes to one peer: what its partner sends, control frames that are due, and the end behind all that.
///
/// It owns the writing side of a channel. That calls back while it writes, also into here: nothing is held across it.
final class PeerOutput {
  private let channel: any Channel
  private var isUpgraded = false
  private var pendingPong: ByteBuffer?
  private var isPingPending = false
  private var isCloseSent = false
  private var unfinishedWriteCount = 0
  private var closesWhenFlushed = false

  /// Whether anything was passed on to the peer.
  private(set) var hasForwarded = false

  /// All bytes of frames that were written so far, taken by the system or not.
  private(set) var writtenByteCount: UInt64 = 0

  init(channel: any Channel) {
    self.channel = channel
  }

  /// Whether the peer takes as much as it gets.
  var isWritable: Bool { channel.isWritable }

  /// Bytes written to the channel that the system has not taken yet.
  var unsentByteCount: Int {
    (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  /// HTTP is done with: from now on frames may be written.
  func becomeUpgraded() {
    isUpgraded = true
  }

  // MARK: Writing

  /// Writes whole or partial frames of the partner.
  ///
  /// - Parameters:
  ///   - buffer: What to write.
  ///   - pool: Gets the buffer back.
  func forward(_ buffer: ByteBuffer, returningTo pool: OutgoingBufferPool) {
    hasForwarded = true
    write(buffer, returningTo: pool)
  }

  /// Sends a text message of the relay itself.
  func send(_ text: String) {
    var buffer = ByteBuffer()
    buffer.writeFrame(.text, payload: ByteBuffer(string: text))
    write(buffer)
  }

  private func write(_ buffer: ByteBuffer, returningTo pool: OutgoingBufferPool? = nil) {
    unfinishedWriteCount += 1
    writtenByteCount += UInt64(buffer.readableBytes)
    let promise = channel.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { [self] _ in
      pool?.give(buffer)
      unfinishedWriteCount -= 1
      closeIfFlushed()
    }
    channel.writeAndFlush(buffer, promise: promise)
  }

  // MARK: Pong and ping

  /// A pong is due. Only the newest ping is answered, as RFC 6455, section 5.5.3 allows: a flood of pings costs one pong a
  /// read.
  func owePong(_ payload: ByteBuffer) {
    guard !isCloseSent else { return }
    pendingPong = payload
  }

  /// A ping is due.
  func owePing() {
    guard !isCloseSent else { return }
    isPingPending = true
  }

  /// Whether a pong or a ping is due.
  var isControlPending: Bool { pendingPong != nil || isPingPending }

  /// Appends pong and ping, if they are due, to what is being written to this peer, which ends with a whole frame.
  func appendPendingControl(to buffer: inout ByteBuffer) {
    if let payload = pendingPong {
      pendingPong = nil
      buffer.writeFrame(.pong, payload: payload)
    }
    if isPingPending {
      isPingPending = false
      buffer.writeFrame(.ping, payload: ByteBuffer())
    }
  }

  /// Sends pong and ping, if they are due, unless the peer takes nothing. Only between frames.
  func sendPendingControl() {
    guard isControlPending, isUpgraded, channel.isWritable else { return }
    var buffer = ByteBuffer()
    appendPendingControl(to: &buffer)
    write(buffer)
  }

  // MARK: The end

  /// Appends a Close to what is being written to this peer, which ends with a whole frame. Only the first one counts.
  func appendClose(_ payload: ClosePayload, to buffer: inout ByteBuffer) {
    guard !isCloseSent else { return }
    isCloseSent = true
    pendingPong = nil
    isPingPending = false
    buffer.writeFrame(.close, payload: payload.encode())
  }

  /// Sends a Close, unless there was one. Only between frames.
  ///
  /// - Returns: Whether the peer gets one; it does not before it speaks WebSocket.
  func sendClose(_ payload: ClosePayload) -> Bool {
    guard isUpgraded else { return false }
    guard !isCloseSent else { return true }
    var buffer = ByteBuffer()
    appendClose(payload, to: &buffer)
    write(buffer)
    return true
  }

  /// Ends the TCP connection as soon as everything is written.
  func closeWhenFlushed() {
    closesWhenFlushed = true
    closeIfFlushed()
  }

  private func closeIfFlushed() {
    guard closesWhenFlushed, unfinishedWriteCount == 0 else { return }
    closesWhenFlushed = false
    channel.close(promise: nil)
  }
}
