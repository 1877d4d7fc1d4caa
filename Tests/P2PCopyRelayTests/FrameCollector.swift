import NIOCore
import Testing
import WebSocketFraming

/// Puts together the frames that a relay sends.
struct FrameCollector {
  private var decoder = FrameHeaderDecoder(masking: .forbidden)
  private var header: FrameHeader?
  private var bytes = ByteBuffer()

  mutating func append(_ buffer: ByteBuffer) {
    bytes.writeImmutableBuffer(buffer)
    bytes.discardReadBytes()
  }

  /// Whether the stream stops inside a frame.
  var isInsideFrame: Bool { header != nil || decoder.isInsideHeader || bytes.readableBytes > 0 }

  mutating func next() throws -> TestFrame? {
    if header == nil { header = try decoder.decode(from: &bytes) }
    guard let header, let payload = bytes.readBytes(length: header.payloadByteCount) else { return nil }
    self.header = nil
    return TestFrame(opcode: header.opcode, isFinal: header.isFinal, payload: payload)
  }

  /// Takes raw bytes, such as an HTTP response, up to and with a separator.
  mutating func take(through separator: String) -> String? {
    let view = bytes.readableBytesView
    let separator = Array(separator.utf8)
    guard view.count >= separator.count else { return nil }
    for start in view.startIndex...(view.endIndex - separator.count)
    where view[start..<(start + separator.count)].elementsEqual(separator) {
      let count = start + separator.count - view.startIndex
      return bytes.readString(length: count)
    }
    return nil
  }

  mutating func takeAll() -> String { bytes.readString(length: bytes.readableBytes) ?? "" }
}
