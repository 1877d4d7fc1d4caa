package import NIOCore
package import P2PCopyCore

/// What stands in front of every sealed record of protocol 2, and of every chunk of protocol 1:
/// `[seq: u64 big endian | chain: 32 bytes]`.
package struct RecordHeader: Hashable, Sendable {
  /// Its length in bytes.
  package static let byteCount = 40

  /// Bytes in the link of a chain.
  static let chainByteCount = 32

  /// The number of the record in its direction, or of the chunk within its file, from 0.
  package var sequenceNumber: UInt64

  /// The chain up to and including this one: of protocol 2 over the tags, of protocol 1 over the payloads; 32 bytes.
  package var chain: [UInt8]

  /// Creates a header.
  package init(sequenceNumber: UInt64, chain: [UInt8]) {
    self.sequenceNumber = sequenceNumber
    self.chain = chain
  }

  /// Takes a header off the front of a message.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when the message is too short.
  package init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard buffer.readableBytes >= Self.byteCount, let number = buffer.readInteger(as: UInt64.self),
      let chain = buffer.readBytes(length: Self.chainByteCount)
    else {
      throw P2PCopyError(
        .protocolViolation,
        "the other side sent a data message of \(buffer.readableBytes) bytes, too short for a chunk")
    }
    self.init(sequenceNumber: number, chain: chain)
  }

  /// Writes the header at an index where ``byteCount`` bytes are reserved for it.
  package func write(to buffer: inout ByteBuffer, at index: Int) {
    buffer.setInteger(sequenceNumber, at: index)
    buffer.setBytes(chain, at: index + 8)
  }
}
