package import NIOCore
package import P2PCopyCore

/// Seals the records of one direction, in order and in place.
///
/// A record is `[number u64 big endian | chain 32 bytes | sealed body | tag]`. Numbers count from 0 over the whole
/// session, also across ``changeKey(to:)``; a record that is sent again over another lane keeps its number, and gets another
/// key: no number is used twice with one key.
package final class RecordSealer {
  private var key: RecordKey
  private var chain = RecordChain()
  private var sequenceNumber: UInt64
  private let tagMemory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: RecordKey.maximumTagByteCount, alignment: 16)

  /// Starts with a first key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - number: The number of the first record.
  package init(key: consuming RecordKey, startingAt number: UInt64 = 0) {
    self.key = key
    sequenceNumber = number
  }

  deinit {
    tagMemory.deallocate()
  }

  /// The chain up to the last record sealed; 32 bytes, or none before the first.
  package var chainValue: [UInt8] { chain.current }

  /// How many records of the session were sealed so far, over this lane and those before it: the next one's number.
  package var recordCount: UInt64 { sequenceNumber }

  /// Seals all further records under another key.
  package func changeKey(to key: consuming RecordKey) {
    self.key = key
  }

  /// Seals a record.
  ///
  /// - Parameter message: ``RecordHeader/byteCount`` bytes of room, then the body in the clear; the whole record on
  ///   return.
  /// - Throws: ``P2PCopyError`` when the cipher fails; the connection cannot be used any more then.
  package func seal(_ message: inout ByteBuffer) throws(P2PCopyError) {
    guard message.readableBytes >= RecordHeader.byteCount, sequenceNumber < .max else {
      throw P2PCopyError(.internalError, "a record without room for its header, or without a number left")
    }
    let tagCount = try key.withNonce(of: sequenceNumber) { (nonce) throws(P2PCopyError) in
      try message.withBytesAfterRecordHeader { (body) throws(P2PCopyError) in
        var span = MutableRawSpan(_unsafeBytes: body)
        var tag = OutputRawSpan(buffer: tagMemory, initializedCount: 0)
        try key.context.seal(&span, nonce: nonce, authenticating: RawSpan(), tag: &tag)
        return tag.finalize(for: tagMemory)
      }
    }
    let tag = UnsafeRawBufferPointer(rebasing: tagMemory[..<tagCount])
    chain.update(tag: tag)
    message.writeBytes(tag)
    message.setInteger(sequenceNumber, at: message.readerIndex)
    message.setBytes(chain.current, at: message.readerIndex + 8)
    sequenceNumber += 1
  }
}

extension ByteBuffer {
  /// The bytes behind a record's header, for changing in place. There must be a header's worth of bytes.
  package mutating func withBytesAfterRecordHeader<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws(P2PCopyError) -> Result
  ) throws(P2PCopyError) -> Result {
    do {
      return try withUnsafeMutableReadableBytes { bytes in
        try body(UnsafeMutableRawBufferPointer(rebasing: bytes[RecordHeader.byteCount...]))
      }
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.internalError, "sealing failed", cause: error)
    }
  }
}
