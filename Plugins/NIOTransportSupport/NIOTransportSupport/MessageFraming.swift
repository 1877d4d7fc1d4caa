package import NIOCore
package import P2PCopyCore

/// How the messages of a transport stand in a stream of bytes, at the receiving end of one connection. Used on its event
/// loop only.
package protocol InboundFraming: AnyObject {
  /// Takes bytes up to the next event. Lengths are checked before they are used.
  ///
  /// - Returns: `nil` when all bytes are consumed and none was complete.
  /// - Throws: After an error nothing more is fed in.
  func next(from input: inout ByteBuffer) throws(FramingViolation) -> InboundEvent?
}

/// The same at the sending end. Without state: it is asked on the threads of whoever sends.
package protocol OutboundFraming: Sendable {
  /// A message ready to be written, in its own memory where the caller gave that up and left room for the header.
  func frame(_ message: consuming TransportMessage) -> OutboundFrame

  /// What ends the connection in good order.
  func frame(closing closure: TransportClosure) -> OutboundFrame

  /// What asks for a pong.
  func ping() -> ByteBuffer

  /// The answer to a ping.
  func pong(answering payload: ByteBuffer) -> ByteBuffer
}

/// What came in.
package enum InboundEvent: Equatable, Sendable {
  case message(TransportMessage)
  case ping(ByteBuffer)
  case pong
  /// The other side has said everything.
  case close(TransportClosure)
}

/// The other side broke the rules of the framing.
package struct FramingViolation: Error {
  /// How, behind who it was: "broke the rules of WebSocket: …".
  package let message: String

  /// What to tell it, as the last bytes.
  package let farewell: ByteBuffer

  package init(message: String, farewell: ByteBuffer) {
    self.message = message
    self.farewell = farewell
  }
}
