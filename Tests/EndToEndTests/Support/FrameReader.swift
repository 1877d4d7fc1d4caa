import NIOCore
import WebSocketFraming

/// Cuts a stream of bytes into an HTTP head and whole frames.
struct FrameReader {
  private var decoder: FrameHeaderDecoder
  private var buffer = ByteBuffer()
  private var header: FrameHeader?
  private var isHeadSeen = false

  /// Creates a reader for what a client sends (masked) or a server.
  init(fromClient: Bool) {
    decoder = FrameHeaderDecoder(masking: fromClient ? .required : .forbidden)
  }

  /// Adds bytes.
  mutating func append(_ bytes: [UInt8]) {
    buffer.writeBytes(bytes)
  }

  /// The HTTP head with its empty line, once it is there.
  mutating func head() -> [UInt8]? {
    guard !isHeadSeen else { return nil }
    let bytes = Array(buffer.readableBytesView)
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return nil }
    isHeadSeen = true
    return buffer.readBytes(length: end)
  }

  /// The next whole frame, once it is there.
  mutating func frame() throws -> Frame? {
    guard isHeadSeen else { return nil }
    if header == nil { header = try decoder.decode(from: &buffer) }
    guard let header, var payload = buffer.readBytes(length: header.payloadByteCount) else { return nil }
    self.header = nil
    if let key = header.maskingKey { payload.withUnsafeMutableBytes { key.apply(to: $0) } }
    if buffer.readerIndex > 1 << 20 { buffer.discardReadBytes() }
    return Frame(opcode: header.opcode, isFinal: header.isFinal, payload: payload)
  }
}
