package import NIOCore
package import P2PCopyCore

/// The digests of some chunks of a file that lie at the receiver, in order: the sender sends those that it has other ones of.
package struct ChunkDigests: Hashable, Sendable {
  /// The most digests in one record.
  package static let maximumCount = 1024

  /// Why the receiver says them.
  package enum Reason: UInt8, Sendable {
    /// It has the beginning of the file from an earlier transfer.
    case isContinued = 0
    /// The file came, and is not what the sender read.
    case isDamaged = 1
  }

  /// Why the receiver says them.
  package var reason: Reason

  /// The file's index.
  package var index: UInt64

  /// Which chunk of the file the first one is of, from 0.
  package var firstChunk: UInt64

  /// The length of each digest in bytes.
  package var digestByteCount: Int

  /// The digests, one behind the other; of what cannot be read, one that nothing has.
  package var digests: [UInt8]

  /// Creates a list.
  package init(
    _ reason: Reason, index: UInt64, firstChunk: UInt64, digestByteCount: Int, digests: [UInt8] = []
  ) {
    self.reason = reason
    self.index = index
    self.firstChunk = firstChunk
    self.digestByteCount = digestByteCount
    self.digests = digests
  }

  /// How many there are.
  package var count: Int { digests.count / digestByteCount }

  /// Appends `[kind u8 | reason u8 | index u64 | first chunk u64 | count u16 | digests]`.
  package func writeRecord(to buffer: inout ByteBuffer) {
    buffer.writeInteger(RecordKind.chunkDigests.rawValue)
    buffer.writeInteger(reason.rawValue)
    buffer.writeInteger(index)
    buffer.writeInteger(firstChunk)
    buffer.writeInteger(UInt16(clamping: count))
    buffer.writeBytes(digests)
  }

  /// Reads a list whose kind has been read already.
  ///
  /// - Parameters:
  ///   - buffer: The rest of the record.
  ///   - digestByteCount: The length of the negotiated digest, at least 1.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom buffer: inout ByteBuffer, digestByteCount: Int) throws(P2PCopyError) {
    guard let reason = buffer.readInteger(as: UInt8.self).flatMap(Reason.init),
      let index = buffer.readInteger(as: UInt64.self), let firstChunk = buffer.readInteger(as: UInt64.self),
      let count = buffer.readInteger(as: UInt16.self), (1...Self.maximumCount).contains(Int(count)),
      let digests = buffer.readBytes(length: Int(count) * digestByteCount), buffer.readableBytes == 0
    else { throw P2PCopyError.malformed("a list of chunk digests") }
    self.init(
      reason, index: index, firstChunk: firstChunk, digestByteCount: digestByteCount, digests: digests)
  }
}
