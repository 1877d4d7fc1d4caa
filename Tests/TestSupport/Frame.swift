import NIOCore
package import WebSocketFraming

/// One whole WebSocket frame, without its mask.
package struct Frame: Hashable, Sendable, CustomStringConvertible {
  package var opcode: Opcode
  package var isFinal: Bool
  package var payload: [UInt8]

  package init(opcode: Opcode, isFinal: Bool = true, payload: [UInt8] = []) {
    self.opcode = opcode
    self.isFinal = isFinal
    self.payload = payload
  }

  package static func text(_ text: String, isFinal: Bool = true) -> Frame {
    Frame(opcode: .text, isFinal: isFinal, payload: Array(text.utf8))
  }

  package static func binary(_ bytes: [UInt8], isFinal: Bool = true) -> Frame {
    Frame(opcode: .binary, isFinal: isFinal, payload: bytes)
  }

  package static func continuation(_ bytes: [UInt8], isFinal: Bool = true) -> Frame {
    Frame(opcode: .continuation, isFinal: isFinal, payload: bytes)
  }

  package static func ping(_ text: String) -> Frame { Frame(opcode: .ping, payload: Array(text.utf8)) }

  package static func pong(_ text: String) -> Frame { Frame(opcode: .pong, payload: Array(text.utf8)) }

  package static func close(_ status: UInt16, _ reason: String = "") -> Frame {
    Frame(opcode: .close, payload: [UInt8(status >> 8), UInt8(status & 0xFF)] + Array(reason.utf8))
  }

  /// The status of a Close frame.
  package var closeStatus: UInt16? {
    guard opcode == .close, payload.count >= 2 else { return nil }
    return UInt16(payload[0]) << 8 | UInt16(payload[1])
  }

  /// The frame on the wire.
  package func encoded(maskedBy key: MaskingKey? = nil) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeFrame(opcode, isFinal: isFinal, maskingKey: key, payload: ByteBuffer(bytes: payload))
    return Array(buffer.readableBytesView)
  }

  package var description: String {
    let shown = payload.count <= 130 ? String(decoding: payload, as: UTF8.self) : "\(payload.count) bytes"
    return "\(opcode)\(isFinal ? "" : "…") \(closeStatus.map(String.init) ?? "") \(shown)"
  }
}
