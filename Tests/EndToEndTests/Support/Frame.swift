import NIOCore
import WebSocketFraming

/// One whole WebSocket frame, not masked.
struct Frame: Sendable {
  var opcode: Opcode
  var isFinal = true
  var payload: [UInt8]

  /// The frame's bytes on the wire.
  func encoded(masked: Bool) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeFrame(
      opcode, isFinal: isFinal, maskingKey: masked ? MaskingKey(bytes: 0x3A, 0xC5, 0x17, 0xF0) : nil,
      payload: ByteBuffer(bytes: payload))
    return Array(buffer.readableBytesView)
  }
}
