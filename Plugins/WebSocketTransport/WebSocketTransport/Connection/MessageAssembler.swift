package import NIOCore
package import P2PCopyCore
package import WebSocketFraming

/// Makes messages and control frames out of received bytes. No channel, no clock.
package struct MessageAssembler {
  /// What came in.
  package enum Event: Equatable {
    case message(TransportMessage)
    case ping(ByteBuffer)
    case pong
    case close(ClosePayload)
  }

  private enum State {
    case header
    case payload(FrameHeader, MessageSequence.Part, bytesLeft: Int)
  }

  /// From which size on a message gets one of the large reused buffers. A smaller one gets a buffer of its own size, so
  /// that a queue of small messages does not hold a megabyte for each.
  package static let pooledByteCount = 64 << 10

  private let buffers: MessageBufferPool
  private var state = State.header
  private var decoder = FrameHeaderDecoder(masking: .forbidden)
  private var sequence: MessageSequence
  private var message = ByteBuffer()
  private var text = UTF8Validator()
  private var control = ByteBuffer()

  package init(buffers: MessageBufferPool, maximumMessageByteCount: Int) {
    self.buffers = buffers
    sequence = MessageSequence(maximumMessageByteCount: maximumMessageByteCount)
  }

  /// Takes bytes up to the next event.
  ///
  /// - Returns: `nil` when all bytes are consumed and none was complete.
  /// - Throws: After an error nothing more may be fed in.
  package mutating func next(from input: inout ByteBuffer) throws(FramingError) -> Event? {
    while true {
      switch state {
      case .header:
        guard let header = try decoder.decode(from: &input) else { return nil }
        let part = try sequence.accept(header)
        begin(part, byteCount: header.payloadByteCount)
        state = .payload(header, part, bytesLeft: header.payloadByteCount)
      case .payload(let header, let part, let bytesLeft):
        guard let piece = input.readSlice(length: min(bytesLeft, input.readableBytes)) else { return nil }
        try append(piece, to: part)
        guard piece.readableBytes == bytesLeft else {
          state = .payload(header, part, bytesLeft: bytesLeft - piece.readableBytes)
          return nil
        }
        state = .header
        if let event = try finish(header.opcode, part) { return event }
      }
    }
  }

  private mutating func begin(_ part: MessageSequence.Part, byteCount: Int) {
    switch part {
    case .control:
      control.clear()
    case .data(let opcode, isFirst: true, _):
      if opcode == .text { text = UTF8Validator() }
      message = opcode == .binary && byteCount >= Self.pooledByteCount ? buffers.take() : ByteBuffer()
    case .data(_, isFirst: false, _):
      break
    }
  }

  /// The one copy: out of the channel's buffer into the message's.
  private mutating func append(_ piece: ByteBuffer, to part: MessageSequence.Part) throws(FramingError) {
    switch part {
    case .control:
      control.writeImmutableBuffer(piece)
    case .data(let opcode, _, _):
      if opcode == .text {
        guard piece.withUnsafeReadableBytes({ text.consume($0) }) else { throw .invalidUTF8 }
      }
      message.writeImmutableBuffer(piece)
    }
  }

  private mutating func finish(_ opcode: Opcode, _ part: MessageSequence.Part) throws(FramingError) -> Event? {
    switch part {
    case .control:
      switch opcode {
      case .ping: return .ping(control)
      case .close: return .close(try ClosePayload(decoding: control))
      default: return .pong
      }
    case .data(_, _, isLast: false):
      return nil
    case .data(let opcode, _, isLast: true):
      let whole = message
      message = ByteBuffer()
      guard opcode == .text else { return .message(.binary(whole)) }
      guard text.isComplete else { throw .invalidUTF8 }
      return .message(.text(String(decoding: whole.readableBytesView, as: UTF8.self)))
    }
  }
}
