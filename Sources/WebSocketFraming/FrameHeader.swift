package import NIOCore

/// What stands in front of a frame's payload (RFC 6455, section 5.2).
package struct FrameHeader: Hashable, Sendable {
  /// The longest header: two bytes, a 64-bit length, a key.
  package static let maximumEncodedByteCount = 14

  /// The longest payload of a control frame (RFC 6455, section 5.5).
  package static let maximumControlPayloadByteCount = 125

  /// What the frame carries.
  package var opcode: Opcode

  /// Whether it ends its message.
  package var isFinal: Bool

  /// What the payload is XORed with; `nil` when it is plain.
  package var maskingKey: MaskingKey?

  /// The length of the payload, not negative.
  package var payloadByteCount: Int

  package init(opcode: Opcode, isFinal: Bool = true, maskingKey: MaskingKey? = nil, payloadByteCount: Int) {
    precondition(payloadByteCount >= 0)
    self.opcode = opcode
    self.isFinal = isFinal
    self.maskingKey = maskingKey
    self.payloadByteCount = payloadByteCount
  }

  /// How many bytes the header takes on the wire.
  package var encodedByteCount: Int {
    2 + lengthByteCount + (maskingKey == nil ? 0 : 4)
  }

  /// Bytes of extended length: the fewest that hold it.
  private var lengthByteCount: Int {
    switch payloadByteCount {
    case ...125: 0
    case ...0xFFFF: 2
    default: 8
    }
  }

  /// Appends the header.
  package func write(into buffer: inout ByteBuffer) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.maximumEncodedByteCount) { encode(into: $0) }
  }

  /// Writes the header to memory, such as the headroom in front of a payload.
  ///
  /// - Parameter bytes: At least ``encodedByteCount`` bytes.
  /// - Returns: ``encodedByteCount``.
  @discardableResult
  package func encode(into bytes: UnsafeMutableRawBufferPointer) -> Int {
    let count = encodedByteCount
    precondition(bytes.count >= count, "no room for the frame header")
    var second: UInt8 = maskingKey == nil ? 0 : 0x80
    switch lengthByteCount {
    case 0:
      second |= UInt8(payloadByteCount)
    case 2:
      second |= 126
      bytes.storeBytes(of: UInt16(payloadByteCount).bigEndian, toByteOffset: 2, as: UInt16.self)
    default:
      second |= 127
      bytes.storeBytes(of: UInt64(payloadByteCount).bigEndian, toByteOffset: 2, as: UInt64.self)
    }
    bytes[0] = opcode.rawValue | (isFinal ? 0x80 : 0)
    bytes[1] = second
    if let maskingKey {
      bytes.storeBytes(of: maskingKey.bigEndian.bigEndian, toByteOffset: count - 4, as: UInt32.self)
    }
    return count
  }
}
