package import NIOCore

/// What a Close frame says (RFC 6455, sections 5.5.1 and 7.4).
package struct ClosePayload: Hashable, Sendable {
  /// Stands for a Close frame without a status; never on the wire (RFC 6455, section 7.4.1).
  package static let noStatus: UInt16 = 1005

  /// The status code.
  package var status: UInt16

  /// Why. From the other side where it was decoded, so to be escaped before it is shown.
  package var reason: String

  package init(status: UInt16, reason: String = "") {
    self.status = status
    self.reason = reason
  }

  /// What to tell the other side about its mistake.
  package init(_ error: FramingError) {
    self.init(status: error.status, reason: error.message)
  }

  /// Decodes the whole payload of a Close frame.
  ///
  /// - Parameter payload: The payload, unmasked.
  /// - Throws: Status 1002 for a payload of one byte or a status that must not be sent, 1007 for a reason that is not
  ///   UTF-8.
  package init(decoding payload: ByteBuffer) throws(FramingError) {
    guard payload.readableBytes > 0 else {
      self.init(status: Self.noStatus)
      return
    }
    var payload = payload
    guard let status = payload.readInteger(as: UInt16.self) else {
      throw .protocolError("a close frame with half a status")
    }
    guard Self.mayBeSent(status) else { throw .protocolError("a close frame with the reserved status \(status)") }
    guard let reason = String(validating: payload.readableBytesView, as: UTF8.self) else { throw .invalidUTF8 }
    self.init(status: status, reason: reason)
  }

  /// The payload of a Close frame, at most 125 bytes: a longer reason is cut between two scalars.
  ///
  /// A status that must not be on the wire gives an empty payload, which means the same as ``noStatus``.
  package func encode() -> ByteBuffer {
    guard Self.mayBeSent(status) else { return ByteBuffer() }
    let room = FrameHeader.maximumControlPayloadByteCount - 2
    var bytes = reason.utf8[...]
    if bytes.count > room {
      var end = bytes.index(bytes.startIndex, offsetBy: room)
      while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
      bytes = bytes[..<end]
    }
    var payload = ByteBuffer()
    payload.writeInteger(status)
    payload.writeBytes(bytes)
    return payload
  }

  /// Whether a status may stand in a Close frame: RFC 6455, section 7.4, and the IANA registry for 1012 … 1014.
  package static func mayBeSent(_ status: UInt16) -> Bool {
    switch status {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
