/// Follows how frames make up messages (RFC 6455, section 5.4), without the payloads, and bounds the messages' size.
///
/// A relay uses it to check what it passes through, a client to assemble.
package struct MessageSequence: Sendable {
  /// What a frame is to its message.
  package enum Part: Hashable, Sendable {
    /// A control frame: not part of a message.
    case control
    /// A data frame of a message that began with `opcode` (text or binary).
    case data(opcode: Opcode, isFirst: Bool, isLast: Bool)
  }

  /// The largest message in bytes.
  package let maximumMessageByteCount: Int

  /// The opcode of the message in progress; `nil` between messages.
  package private(set) var opcode: Opcode?

  /// The payload bytes announced so far for the message in progress.
  package private(set) var byteCount = 0

  package init(maximumMessageByteCount: Int = 2 << 20) {
    self.maximumMessageByteCount = maximumMessageByteCount
  }

  /// Takes note of the next frame.
  ///
  /// - Throws: Status 1002 for a continuation of nothing or a new message inside another, 1009 beyond the limit. The
  ///   size is judged by the header, before any payload is here.
  package mutating func accept(_ header: FrameHeader) throws(FramingError) -> Part {
    guard !header.opcode.isControl else { return .control }
    let isFirst = header.opcode != .continuation
    let messageOpcode: Opcode
    if isFirst {
      guard opcode == nil else { throw .protocolError("a new message begins inside another") }
      messageOpcode = header.opcode
    } else {
      guard let opcode else { throw .protocolError("a continuation frame without a message to continue") }
      messageOpcode = opcode
    }
    guard header.payloadByteCount <= maximumMessageByteCount - byteCount else {
      throw .tooBig(limit: maximumMessageByteCount)
    }
    if header.isFinal {
      opcode = nil
      byteCount = 0
    } else {
      opcode = messageOpcode
      byteCount += header.payloadByteCount
    }
    return .data(opcode: messageOpcode, isFirst: isFirst, isLast: header.isFinal)
  }
}
