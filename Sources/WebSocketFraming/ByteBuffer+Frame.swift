package import NIOCore

extension ByteBuffer {
  /// Appends a whole frame, header and payload; for control frames and other small ones.
  ///
  /// - Parameters:
  ///   - opcode: What the frame carries.
  ///   - isFinal: Whether it ends its message.
  ///   - maskingKey: What to XOR the payload with; `nil` from a server.
  ///   - payload: The readable bytes are copied.
  package mutating func writeFrame(
    _ opcode: Opcode, isFinal: Bool = true, maskingKey: MaskingKey? = nil, payload: ByteBuffer
  ) {
    let header = FrameHeader(
      opcode: opcode, isFinal: isFinal, maskingKey: maskingKey, payloadByteCount: payload.readableBytes)
    reserveCapacity(minimumWritableBytes: header.encodedByteCount + payload.readableBytes)
    header.write(into: &self)
    writeMasked(payload, key: maskingKey, offset: 0)
  }

  /// Appends the readable bytes of a buffer, XORed with a key while they are copied.
  ///
  /// - Parameters:
  ///   - source: What to append; not changed.
  ///   - key: `nil` copies as it is.
  ///   - offset: Where in the payload `source` begins.
  package mutating func writeMasked(_ source: ByteBuffer, key: MaskingKey?, offset: Int) {
    guard let key else {
      writeImmutableBuffer(source)
      return
    }
    let count = source.readableBytes
    guard count > 0 else { return }
    writeWithUnsafeMutableBytes(minimumWritableBytes: count) { destination in
      source.withUnsafeReadableBytes { key.apply(from: $0, to: destination, offset: offset) }
      return count
    }
  }
}
