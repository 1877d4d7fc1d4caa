package import NIOCore
import WebSocketFraming

/// Cuts a stream of bytes into whole frames, and what comes before them, such as an HTTP head.
package struct FrameReader {
  private var decoder: FrameHeaderDecoder
  private var header: FrameHeader?
  private var bytes = ByteBuffer()

  /// Creates a reader for what a client sends, which has to be masked, or a server, which must not be.
  package init(fromClient: Bool) {
    decoder = FrameHeaderDecoder(masking: fromClient ? .required : .forbidden)
  }

  package mutating func append(_ buffer: ByteBuffer) {
    bytes.writeImmutableBuffer(buffer)
    if bytes.readerIndex > 1 << 20 { bytes.discardReadBytes() }
  }

  package mutating func append(_ added: [UInt8]) {
    append(ByteBuffer(bytes: added))
  }

  /// Whether the stream stops inside a frame.
  package var isInsideFrame: Bool { header != nil || decoder.isInsideHeader || bytes.readableBytes > 0 }

  /// The next whole frame, once it is there.
  package mutating func next() throws -> Frame? {
    if header == nil { header = try decoder.decode(from: &bytes) }
    guard let header, var payload = bytes.readBytes(length: header.payloadByteCount) else { return nil }
    self.header = nil
    if let key = header.maskingKey { payload.withUnsafeMutableBytes { key.apply(to: $0) } }
    return Frame(opcode: header.opcode, isFinal: header.isFinal, payload: payload)
  }

  /// Takes raw bytes, such as an HTTP head, up to and with a separator, once that is there.
  package mutating func take(through separator: String) -> [UInt8]? {
    guard let end = bytes.readableBytesView.firstRange(of: separator.utf8)?.upperBound else { return nil }
    return bytes.readBytes(length: end - bytes.readerIndex)
  }

  /// Takes all that is there.
  package mutating func takeAll() -> [UInt8] { bytes.readBytes(length: bytes.readableBytes) ?? [] }
}
