import NIOCore
import WebSocketFraming

/// What becomes of what the peer sends: frame by frame, as far as one read brought them.
extension PeerConnection {
  /// Room in an outgoing buffer for more than the input: a header whose client form came with an earlier read, and
  /// control frames of our own.
  private static let extraByteCount = 512

  /// Takes what the peer sent and passes it on.
  func receive(_ bytes: inout ByteBuffer) {
    var outgoing: ByteBuffer
    switch state {
    case .awaitingHello, .waiting:
      outgoing = carried.take()
    case .paired, .closing:
      outgoing = buffers.take(minimumCapacity: bytes.readableBytes + Self.extraByteCount)
    case .closed:
      return
    }
    // Up to here there are whole frames; unknown while a frame goes on that began with an earlier read.
    var boundary = input.isInsideDataFrame ? nil : outgoing.writerIndex
    do {
      while let step = try input.next(from: &bytes, into: &outgoing) {
        switch step {
        case .frame(let header, let opcode): beginFrame(header, opcode, &outgoing)
        case .payload(let count, let endsFrame, let endsMessage):
          if takePayload(count, endsFrame, endsMessage, &outgoing) { boundary = outgoing.writerIndex }
        case .control(let opcode, let payload): try takeControl(opcode, payload, &outgoing)
        }
      }
    } catch {
      // Then the frame with the error has not been begun for the partner, who can so be told properly.
      if let boundary { outgoing.moveWriterIndex(to: min(boundary, outgoing.writerIndex)) }
      input.giveUp(takesBackFrame: boundary != nil)
      passOn(outgoing)
      fail(error)
      return
    }
    passOn(outgoing)
    if let close = input.receivedClose { peerClosed(close) }
    sendPendingControl()
  }

  private func beginFrame(_ header: FrameHeader, _ opcode: Opcode, _ outgoing: inout ByteBuffer) {
    switch state {
    case .awaitingHello:
      if opcode != .text { refuse(Hello.Failure.notText.refusal) }
    case .waiting where speaksProtocol2:
      // It has not been told that it is paired, and sends nothing before: for ten thousand who do, there is no room.
      refuse(.sentTooMuch)
    case .waiting, .paired:
      FrameHeader(opcode: header.opcode, isFinal: header.isFinal, payloadByteCount: header.payloadByteCount)
        .write(into: &outgoing)
    case .closing, .closed: break
    }
  }

  /// - Returns: Whether what goes out now ends with a whole frame.
  private func takePayload(
    _ count: Int, _ endsFrame: Bool, _ endsMessage: Bool, _ outgoing: inout ByteBuffer
  ) -> Bool {
    switch state {
    case .awaitingHello:
      guard endsMessage else { return false }
      takeHello(outgoing)
      outgoing.clear()
      return true
    case .waiting:
      return endsFrame
    case .paired(let pair, _):
      pair.countForwarded(count)
      if endsFrame { pair.partner(of: self).output.appendPendingControl(to: &outgoing) }
      return endsFrame
    case .closing, .closed:
      outgoing.clear()
      return true
    }
  }

  private func takeControl(
    _ opcode: Opcode, _ payload: ByteBuffer, _ outgoing: inout ByteBuffer
  ) throws(FramingError) {
    switch opcode {
    case .ping: output.owePong(payload)
    case .close:
      let close = try input.takeClose(payload)
      if case .paired(let pair, _) = state { pair.partner(of: self).output.appendClose(close, to: &outgoing) }
    case .pong, .continuation, .text, .binary: break
    }
  }

  /// Hands over what one read brought.
  private func passOn(_ outgoing: ByteBuffer) {
    switch state {
    case .awaitingHello:
      if !carried.hold(outgoing) { refuse(.noRoom) }
    case .waiting:
      // Reading stops at the limit, but when the peer's TCP ends the system's receive buffer comes all at once.
      guard outgoing.readableBytes <= 2 * CarriedBytes.maximumByteCount else {
        refuse(.sentTooMuch)
        return
      }
      if !carried.hold(outgoing) { refuse(.noRoom) }
    case .paired(let pair, _):
      guard outgoing.readableBytes > 0 else {
        buffers.give(outgoing)
        return
      }
      pair.partner(of: self).output.forward(outgoing, returningTo: buffers)
    case .closing, .closed: break
    }
  }

  /// Passes on what was sent before the partner came, and reads on.
  func flushCarried(to partner: PeerConnection) {
    let ahead = carried.take()
    if ahead.readableBytes > 0 { partner.output.forward(ahead, returningTo: buffers) }
    resumeReading()
  }

  // MARK: Between frames

  /// Whether a frame of the partner has been passed on in part: until its end nothing else may be written.
  var isInsideForwardedFrame: Bool {
    guard case .paired(let pair, _) = state else { return false }
    return pair.partner(of: self).input.isInsideDataFrame
  }

  /// Sends pong and ping, if they are due, unless a frame of the partner is in progress or the peer takes nothing: then
  /// they go with the end of that frame or when there is room.
  func sendPendingControl() {
    guard output.isControlPending, !isInsideForwardedFrame else { return }
    output.sendPendingControl()
  }
}
