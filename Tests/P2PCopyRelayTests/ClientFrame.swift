import NIOCore
import P2PCopyRelay
import TestSupport
import WebSocketFraming

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

extension Frame {
  /// What the relay says to the sender once both peers are there.
  static let ready = Frame.text(#"{"type":"ready"}"#)
}

extension TestCertificate {
  /// The certificate as a relay takes it.
  var relayFiles: RelayTLSFiles { RelayTLSFiles(certificateFile: certificateFile, privateKeyFile: keyFile) }
}
