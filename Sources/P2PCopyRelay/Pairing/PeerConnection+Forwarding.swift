import NIOCore
import WebSocketFraming

extension PeerConnection {
  /// Room in an outgoing buffer for more than the input: a header whose client form came with an earlier read, and
  /// control frames of our own.
  private static let extraByteCount = 512

  /// Takes what the peer sent and passes it on.
  func receive(_ input: inout ByteBuffer) {
    var output: ByteBuffer
    switch state {
    case .awaitingHello, .waiting:
      output = takeCarried()
    case .paired, .closing:
      output = buffers.take(minimumCapacity: input.readableBytes + Self.extraByteCount)
    case .closed:
      return
    }
    // Up to here the output holds whole frames; unknown while a frame goes on that began with an earlier read.
    var boundary = frames.isInsideDataFrame ? nil : output.writerIndex
    do {
      while receivedClose == nil, let step = try frames.next(from: &input, into: &output) {
        switch step {
        case .frame(let header, let opcode): beginFrame(header, opcode, &output)
        case .payload(let count, let endsFrame, let endsMessage):
          if takePayload(count, endsFrame, endsMessage, &output) { boundary = output.writerIndex }
        case .control(let opcode, let payload):
          try takeControl(opcode, payload, &output)
        }
      }
    } catch {
      if let boundary {
        // The frame with the error has not been begun for the partner, who can so be told properly.
        output.moveWriterIndex(to: min(boundary, output.writerIndex))
        frames.forgetDataFrame()
      }
      passOn(output)
      fail(error)
      return
    }
    passOn(output)
    if receivedClose != nil { peerClosed() }
    sendPendingControl()
  }

  private func beginFrame(_ header: FrameHeader, _ opcode: Opcode, _ output: inout ByteBuffer) {
    switch state {
    case .awaitingHello:
      if opcode != .text { refuse(Hello.Failure.notText.refusal) }
    case .waiting where speaksProtocol2:
      // It has not been told that it is paired, and sends nothing before: for ten thousand who do, there is no room.
      refuse(.sentTooMuch)
    case .waiting, .paired:
      FrameHeader(opcode: header.opcode, isFinal: header.isFinal, payloadByteCount: header.payloadByteCount)
        .write(into: &output)
    case .closing, .closed: break
    }
  }

  /// - Returns: Whether the output now ends with a whole frame.
  private func takePayload(
    _ count: Int, _ endsFrame: Bool, _ endsMessage: Bool, _ output: inout ByteBuffer
  ) -> Bool {
    switch state {
    case .awaitingHello:
      guard endsMessage else { return false }
      takeHello(output)
      output.clear()
      return true
    case .waiting:
      return endsFrame
    case .paired(let pair, _):
      pair.forwardedByteCount += UInt64(count)
      if endsFrame { pair.partner(of: self).appendPendingControl(to: &output) }
      return endsFrame
    case .closing, .closed:
      output.clear()
      return true
    }
  }

  private func takeHello(_ text: ByteBuffer) {
    frames.setLimit(maximumMessageByteCount: switchboard.limits.maximumMessageByteCount)
    do {
      let hello = try Hello(decoding: text)
      speaksProtocol2 = hello.speaksProtocol2
      switchboard.introduce(self, hello)
    } catch {
      speaksProtocol2 = error.speaksProtocol2
      refuse(error.refusal)
    }
  }

  private func takeControl(
    _ opcode: Opcode, _ payload: ByteBuffer, _ output: inout ByteBuffer
  ) throws(FramingError) {
    switch opcode {
    case .ping:
      // Only the newest is answered, as RFC 6455, section 5.5.3 allows: a flood of pings costs one pong a read.
      pendingPong = payload
    case .close:
      let close = try ClosePayload(decoding: payload)
      receivedClose = close
      if case .paired(let pair, _) = state { pair.partner(of: self).appendClose(close, to: &output) }
    case .pong, .continuation, .text, .binary: break
    }
  }

  /// Hands over what one read brought.
  private func passOn(_ output: ByteBuffer) {
    switch state {
    case .awaitingHello:
      if !carry(output) { refuse(.noRoom) }
    case .waiting:
      // Reading stops at the limit, but when the peer's TCP ends the system's receive buffer comes all at once.
      guard output.readableBytes <= 2 * Self.maximumCarriedByteCount else {
        refuse(.sentTooMuch)
        return
      }
      if !carry(output) { refuse(.noRoom) }
    case .paired(let pair, _):
      guard output.readableBytes > 0 else {
        buffers.give(output)
        return
      }
      pair.partner(of: self).write(output, returningTo: self)
    case .closing, .closed: break
    }
  }
}
