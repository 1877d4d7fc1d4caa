public import NIOCore

/// One message between the peers.
public enum TransportMessage: Sendable, Equatable {
  /// A control message; UTF-8 on the wire.
  case text(String)

  /// Data. For sending, best taken from ``MessageBufferPool`` so that there is room for framing in front.
  case binary(ByteBuffer)
}
