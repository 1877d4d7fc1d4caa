import NIOCore
import WebSocketFraming

/// Frames as a server writes them, and as it reads those of a client.
struct Frame: Equatable, Sendable {
  var opcode: Opcode
  var isFinal = true
  var payload: [UInt8] = []

  static func text(_ text: String, isFinal: Bool = true) -> Frame {
    Frame(opcode: .text, isFinal: isFinal, payload: Array(text.utf8))
  }

  static func binary(_ bytes: [UInt8], isFinal: Bool = true) -> Frame {
    Frame(opcode: .binary, isFinal: isFinal, payload: bytes)
  }

  static func continuation(_ bytes: [UInt8], isFinal: Bool = true) -> Frame {
    Frame(opcode: .continuation, isFinal: isFinal, payload: bytes)
  }

  static func ping(_ text: String) -> Frame { Frame(opcode: .ping, payload: Array(text.utf8)) }

  static func pong(_ text: String) -> Frame { Frame(opcode: .pong, payload: Array(text.utf8)) }

  static func close(_ status: UInt16, _ reason: String = "") -> Frame {
    Frame(opcode: .close, payload: [UInt8(status >> 8), UInt8(status & 0xFF)] + Array(reason.utf8))
  }

  /// The frame on the wire, unmasked.
  var encoded: [UInt8] {
    var buffer = ByteBuffer()
    buffer.writeFrame(opcode, isFinal: isFinal, payload: ByteBuffer(bytes: payload))
    return Array(buffer.readableBytesView)
  }
}

/// Takes frames of a client apart; a frame that is not masked is an error.
struct ClientFrameReader {
  private var decoder = FrameHeaderDecoder(masking: .required)
  private var bytes = ByteBuffer()
  private var header: FrameHeader?

  mutating func append(_ buffer: ByteBuffer) {
    bytes.writeImmutableBuffer(buffer)
  }

  mutating func next() throws -> Frame? {
    if header == nil { header = try decoder.decode(from: &bytes) }
    guard let header, let key = header.maskingKey,
      var payload = bytes.readBytes(length: header.payloadByteCount)
    else { return nil }
    self.header = nil
    payload.withUnsafeMutableBytes { key.apply(to: $0) }
    return Frame(opcode: header.opcode, isFinal: header.isFinal, payload: payload)
  }
}
