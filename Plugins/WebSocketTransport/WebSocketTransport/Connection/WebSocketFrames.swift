package import NIOCore
package import NIOTransportSupport
package import P2PCopyCore
import WebSocketFraming

/// Writes messages as a client's WebSocket frames, masked.
package struct WebSocketFrames: OutboundFraming {
  package init() {}

  package func frame(_ message: consuming TransportMessage) -> OutboundFrame {
    switch consume message {
    case .text(let text): Self.mask(ByteBuffer(framing: text), opcode: .text, isMessage: true)
    case .binary(let buffer): Self.mask(buffer, opcode: .binary, isMessage: true)
    }
  }

  package func frame(closing closure: TransportClosure) -> OutboundFrame {
    Self.mask(ClosePayload(closure).encode(), opcode: .close, isMessage: false)
  }

  package func ping() -> ByteBuffer { Self.control(.ping, ByteBuffer()) }

  package func pong(answering payload: ByteBuffer) -> ByteBuffer { Self.control(.pong, payload) }

  /// What tells the other side of its mistake, and ends the connection.
  static func farewell(because error: FramingError) -> ByteBuffer { control(.close, ClosePayload(error).encode()) }

  private static func control(_ opcode: Opcode, _ payload: ByteBuffer) -> ByteBuffer {
    var frame = ByteBuffer()
    frame.writeFrame(opcode, maskingKey: .random(), payload: payload)
    return frame
  }

  private static func mask(_ payload: consuming ByteBuffer, opcode: Opcode, isMessage: Bool) -> OutboundFrame {
    let key = MaskingKey.random()
    let header = FrameHeader(opcode: opcode, maskingKey: key, payloadByteCount: payload.readableBytes)
    // Copies first when somebody else holds the buffer: it is theirs too.
    payload.withUnsafeMutableReadableBytes { key.apply(to: $0) }
    return OutboundFrame(body: payload, headerByteCount: header.encodedByteCount, isMessage: isMessage) { bytes in
      _ = header.encode(into: bytes)
    }
  }
}

/// Reads what a server sends.
package final class WebSocketReader: InboundFraming {
  private var assembler: MessageAssembler

  package init(buffers: MessageBufferPool, maximumMessageByteCount: Int) {
    assembler = MessageAssembler(buffers: buffers, maximumMessageByteCount: maximumMessageByteCount)
  }

  package func next(from input: inout ByteBuffer) throws(FramingViolation) -> InboundEvent? {
    do throws(FramingError) {
      switch try assembler.next(from: &input) {
      case .message(let message)?: return .message(message)
      case .ping(let payload)?: return .ping(payload)
      case .pong?: return .pong
      case .close(let payload)?: return .close(TransportClosure(payload))
      case nil: return nil
      }
    } catch {
      throw FramingViolation(
        message: "broke the rules of WebSocket: \(error.message)", farewell: WebSocketFrames.farewell(because: error))
    }
  }
}
