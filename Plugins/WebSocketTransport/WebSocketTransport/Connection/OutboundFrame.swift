package import NIOCore
package import P2PCopyCore
import WebSocketFraming

/// A frame ready to be written.
package struct OutboundFrame: Sendable {
  /// The header, when it could not be put in front of the payload in the same buffer.
  package var lead: ByteBuffer?

  /// The payload, with the header in front unless ``lead`` has it.
  package var body: ByteBuffer

  /// Whether it carries a message, or else the Close.
  let isMessage: Bool

  package var byteCount: Int { (lead?.readableBytes ?? 0) + body.readableBytes }

  /// Frames and masks a message, in its own memory where the caller gave that up and left room for the header.
  package init(_ message: consuming TransportMessage) {
    switch consume message {
    case .text(let text):
      var buffer = ByteBufferAllocator().buffer(capacity: MessageBufferPool.headroom + text.utf8.count)
      buffer.moveWriterIndex(to: MessageBufferPool.headroom)
      buffer.moveReaderIndex(to: MessageBufferPool.headroom)
      buffer.writeString(text)
      self.init(masking: buffer, opcode: .text, isMessage: true)
    case .binary(let buffer):
      self.init(masking: buffer, opcode: .binary, isMessage: true)
    }
  }

  /// The Close frame.
  package init(closing closure: TransportClosure) {
    let payload = ClosePayload(closure).encode()
    self.init(masking: payload, opcode: .close, isMessage: false)
  }

  private init(masking payload: consuming ByteBuffer, opcode: Opcode, isMessage: Bool) {
    let key = MaskingKey.random()
    let header = FrameHeader(opcode: opcode, maskingKey: key, payloadByteCount: payload.readableBytes)
    let headerByteCount = header.encodedByteCount
    var body = payload
    // Copies first when somebody else holds the buffer: it is theirs too.
    body.withUnsafeMutableReadableBytes { key.apply(to: $0) }
    if body.readerIndex >= headerByteCount {
      body.moveReaderIndex(to: body.readerIndex - headerByteCount)
      body.withUnsafeMutableReadableBytes { bytes in
        _ = header.encode(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<headerByteCount]))
      }
    } else {
      var lead = ByteBuffer()
      header.write(into: &lead)
      self.lead = lead
    }
    self.body = body
    self.isMessage = isMessage
  }
}
