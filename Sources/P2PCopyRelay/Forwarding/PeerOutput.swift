import NIOCore
import WebSocketFraming

extension PeerConnection {
  /// Writes whole or partial frames to the peer.
  ///
  /// - Parameters:
  ///   - buffer: What to write.
  ///   - source: The partner, when it is passed on from there; gets the buffer back.
  func write(_ buffer: ByteBuffer, returningTo source: PeerConnection? = nil) {
    unfinishedWriteCount += 1
    if source != nil { hasBeenForwardedTo = true }
    writtenByteCount += UInt64(buffer.readableBytes)
    let promise = channel.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { [self] _ in
      source?.buffers.give(buffer)
      unfinishedWriteCount -= 1
      closeIfFlushed()
    }
    channel.writeAndFlush(buffer, promise: promise)
  }

  /// Sends a message of the relay itself.
  func send(_ message: RelayMessage) {
    var buffer = ByteBuffer()
    buffer.writeFrame(.text, payload: ByteBuffer(string: message.text))
    write(buffer)
  }

  /// Appends a Close frame to what is being written to this peer, which ends with a whole frame.
  func appendClose(_ payload: ClosePayload, to output: inout ByteBuffer) {
    guard !isCloseSent else { return }
    isCloseSent = true
    pendingPong = nil
    isPingPending = false
    output.writeFrame(.close, payload: payload.encode())
  }

  /// Appends pong and ping, if they are due, to what is being written to this peer, which ends with a whole frame.
  func appendPendingControl(to output: inout ByteBuffer) {
    guard !isCloseSent else { return }
    if let payload = pendingPong {
      pendingPong = nil
      output.writeFrame(.pong, payload: payload)
    }
    if isPingPending {
      isPingPending = false
      output.writeFrame(.ping, payload: ByteBuffer())
    }
  }

  /// Sends pong and ping, if they are due, unless a frame of the partner is in progress or the peer takes nothing: then
  /// they go with the end of that frame or when there is room.
  func sendPendingControl() {
    guard pendingPong != nil || isPingPending, isUpgraded, !isInsideForwardedFrame, channel.isWritable else { return }
    var buffer = ByteBuffer()
    appendPendingControl(to: &buffer)
    if buffer.readableBytes > 0 { write(buffer) }
  }
}
