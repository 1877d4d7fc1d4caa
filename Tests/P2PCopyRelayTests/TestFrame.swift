import NIOCore
import WebSocketFraming

/// A frame as a test's peer got it.
struct TestFrame: Hashable, CustomStringConvertible {
  var opcode: Opcode
  var isFinal = true
  var payload: [UInt8]

  static let ready = TestFrame.text(#"{"type":"ready"}"#)

  static func text(_ text: String) -> TestFrame { TestFrame(opcode: .text, payload: Array(text.utf8)) }

  static func close(_ status: UInt16, _ reason: String) -> TestFrame {
    TestFrame(opcode: .close, payload: [UInt8(status >> 8), UInt8(status & 0xFF)] + Array(reason.utf8))
  }

  /// The status of a Close frame.
  var closeStatus: UInt16? {
    guard opcode == .close, payload.count >= 2 else { return nil }
    return UInt16(payload[0]) << 8 | UInt16(payload[1])
  }

  var description: String {
    let shown = payload.count <= 130 ? String(decoding: payload, as: UTF8.self) : "\(payload.count) bytes"
    return "\(opcode)\(isFinal ? "" : "…") \(closeStatus.map(String.init) ?? "") \(shown)"
  }
}

/// Frames as a client sends them.
enum ClientFrame {
  static func bytes(
    _ opcode: Opcode, _ payload: some Sequence<UInt8>, isFinal: Bool = true, key: MaskingKey? = .random()
  ) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeFrame(opcode, isFinal: isFinal, maskingKey: key, payload: ByteBuffer(bytes: payload))
    return Array(buffer.readableBytesView)
  }

  static func text(_ text: String, isFinal: Bool = true) -> [UInt8] { bytes(.text, text.utf8, isFinal: isFinal) }

  static func close(_ status: UInt16, _ reason: String = "") -> [UInt8] {
    bytes(.close, [UInt8(status >> 8), UInt8(status & 0xFF)] + Array(reason.utf8))
  }

  static func hello(_ code: String, _ role: String) -> [UInt8] {
    text(#"{"type":"hello","code_hash_hex":"\#(code)","role":"\#(role)"}"#)
  }

  /// A header that announces `count` masked bytes, without them.
  static func header(_ opcode: Opcode, isFinal: Bool = true, count: Int) -> [UInt8] {
    var buffer = ByteBuffer()
    FrameHeader(opcode: opcode, isFinal: isFinal, maskingKey: .random(), payloadByteCount: count).write(into: &buffer)
    return Array(buffer.readableBytesView)
  }
}
