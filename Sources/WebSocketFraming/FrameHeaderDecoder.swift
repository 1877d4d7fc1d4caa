package import NIOCore

/// Reads frame headers as their bytes come, even one at a time, and refuses what RFC 6455, section 5 does not allow.
///
/// After a header the caller takes its payload from the buffer before it asks for the next one. After an error the
/// connection has to end: there is no way back into step.
package struct FrameHeaderDecoder: Sendable {
  /// Whether the other side has to mask (RFC 6455, section 5.1).
  package enum Masking: Sendable {
    /// The other side is a client.
    case required
    /// The other side is a server.
    case forbidden
  }

  /// Which byte comes next.
  private enum State: Sendable {
    case opcode
    case shortLength
    case longLength(bytesLeft: Int)
    case maskingKey(bytesLeft: Int)
  }

  private let masking: Masking
  private var state = State.opcode
  private var opcode = Opcode.continuation
  private var isFinal = false
  private var length: UInt64 = 0
  private var minimumLength: UInt64 = 0
  private var key: UInt32 = 0

  package init(masking: Masking) {
    self.masking = masking
  }

  /// Whether a header has begun and is not complete: the connection must not end here.
  package var isInsideHeader: Bool {
    if case .opcode = state { false } else { true }
  }

  /// Takes header bytes from the front of a buffer.
  ///
  /// - Parameter buffer: Received bytes; only header bytes are consumed.
  /// - Returns: A header, or `nil` when more bytes are needed; all bytes are consumed then.
  /// - Throws: Status 1002 when the header is not allowed.
  package mutating func decode(from buffer: inout ByteBuffer) throws(FramingError) -> FrameHeader? {
    while let byte = buffer.readInteger(as: UInt8.self) {
      switch state {
      case .opcode:
        try takeOpcode(byte)
        state = .shortLength
      case .shortLength:
        state = try takeShortLength(byte)
      case .longLength(let bytesLeft):
        length = length << 8 | UInt64(byte)
        state = bytesLeft > 1 ? .longLength(bytesLeft: bytesLeft - 1) : try afterLength()
      case .maskingKey(let bytesLeft):
        key = key << 8 | UInt32(byte)
        state = bytesLeft > 1 ? .maskingKey(bytesLeft: bytesLeft - 1) : .opcode
      }
      if case .opcode = state {
        return FrameHeader(
          opcode: opcode, isFinal: isFinal,
          maskingKey: masking == .required ? MaskingKey(bigEndian: key) : nil,
          payloadByteCount: Int(length))
      }
    }
    return nil
  }

  private mutating func takeOpcode(_ byte: UInt8) throws(FramingError) {
    guard byte & 0x70 == 0 else { throw .protocolError("a reserved bit is set in a frame") }
    guard let opcode = Opcode(rawValue: byte & 0x0F) else {
      throw .protocolError("unknown frame opcode \(byte & 0x0F)")
    }
    isFinal = byte & 0x80 != 0
    guard isFinal || !opcode.isControl else { throw .protocolError("a fragmented control frame") }
    self.opcode = opcode
    key = 0
  }

  private mutating func takeShortLength(_ byte: UInt8) throws(FramingError) -> State {
    switch (masking, byte & 0x80 != 0) {
    case (.required, false): throw .protocolError("a frame from a client is not masked")
    case (.forbidden, true): throw .protocolError("a frame from a server is masked")
    case (.required, true), (.forbidden, false): break
    }
    let short = byte & 0x7F
    guard short <= 125 || !opcode.isControl else {
      throw .protocolError("a control frame of more than \(FrameHeader.maximumControlPayloadByteCount) bytes")
    }
    switch short {
    case 126:
      (length, minimumLength) = (0, 126)
      return .longLength(bytesLeft: 2)
    case 127:
      (length, minimumLength) = (0, 0x1_0000)
      return .longLength(bytesLeft: 8)
    default:
      (length, minimumLength) = (UInt64(short), 0)
      return try afterLength()
    }
  }

  private func afterLength() throws(FramingError) -> State {
    guard length >= minimumLength else { throw .protocolError("a frame length is not in its shortest form") }
    guard Int(exactly: length) != nil else { throw .protocolError("a frame length has its highest bit set") }
    return masking == .required ? .maskingKey(bytesLeft: 4) : .opcode
  }
}
