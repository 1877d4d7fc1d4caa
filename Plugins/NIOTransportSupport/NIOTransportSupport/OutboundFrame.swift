package import NIOCore
import P2PCopyCore

/// A frame ready to be written.
package struct OutboundFrame: Sendable {
  /// The header, when it could not be put in front of the payload in the same buffer.
  package var lead: ByteBuffer?

  /// The payload, with the header in front unless ``lead`` has it.
  package var body: ByteBuffer

  /// Whether it carries a message, or else the end.
  package let isMessage: Bool

  package var byteCount: Int { (lead?.readableBytes ?? 0) + body.readableBytes }

  /// Puts a header in front of a payload, in the payload's memory where there is room.
  ///
  /// - Parameters:
  ///   - body: The payload. When somebody else holds the buffer, it is copied: the room in front is theirs too.
  ///   - headerByteCount: How long the header is.
  ///   - isMessage: Whether the frame carries a message.
  ///   - writeHeader: Fills the memory it gets, all of it.
  package init(
    body: consuming ByteBuffer, headerByteCount: Int, isMessage: Bool,
    writeHeader: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    var body = body
    if body.readerIndex >= headerByteCount {
      body.moveReaderIndex(to: body.readerIndex - headerByteCount)
      body.withUnsafeMutableReadableBytes { bytes in
        writeHeader(UnsafeMutableRawBufferPointer(rebasing: bytes[..<headerByteCount]))
      }
    } else {
      var lead = ByteBuffer()
      lead.writeWithUnsafeMutableBytes(minimumWritableBytes: headerByteCount) { bytes in
        writeHeader(UnsafeMutableRawBufferPointer(rebasing: bytes[..<headerByteCount]))
        return headerByteCount
      }
      self.lead = lead
    }
    self.body = body
    self.isMessage = isMessage
  }
}

extension ByteBuffer {
  /// The bytes of a text message, with room in front for a header.
  package init(framing text: String) {
    self = ByteBufferAllocator().buffer(capacity: MessageBufferPool.headroom + text.utf8.count)
    moveWriterIndex(to: MessageBufferPool.headroom)
    moveReaderIndex(to: MessageBufferPool.headroom)
    writeString(text)
  }
}
