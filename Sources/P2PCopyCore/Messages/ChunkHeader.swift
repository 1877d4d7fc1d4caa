public import NIOCore

/// What stands in front of every data payload: `[seq: u64 big endian | chain: 32 bytes]`.
public struct ChunkHeader: Hashable, Sendable {
  /// Its length in bytes.
  public static let byteCount = 40

  /// The most raw bytes a chunk carries: 1 MiB.
  public static let maximumPayloadByteCount = 1 << 20

  /// The number of the chunk within its file, from 0.
  public var sequenceNumber: UInt64

  /// The ``ChainedChecksum`` up to and including this chunk's payload; 32 bytes.
  public var chain: [UInt8]

  /// Creates a header.
  public init(sequenceNumber: UInt64, chain: [UInt8]) {
    self.sequenceNumber = sequenceNumber
    self.chain = chain
  }

  /// Takes a header off the front of a message.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when the message is too short.
  public init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard buffer.readableBytes >= Self.byteCount, let number = buffer.readInteger(as: UInt64.self),
      let chain = buffer.readBytes(length: ChainedChecksum.byteCount)
    else {
      throw P2PCopyError(
        .protocolViolation,
        "the other side sent a data message of \(buffer.readableBytes) bytes, too short for a chunk")
    }
    self.init(sequenceNumber: number, chain: chain)
  }

  /// Writes the header at an index where ``byteCount`` bytes are reserved for it.
  public func write(to buffer: inout ByteBuffer, at index: Int) {
    buffer.setInteger(sequenceNumber, at: index)
    buffer.setBytes(chain, at: index + 8)
  }
}
