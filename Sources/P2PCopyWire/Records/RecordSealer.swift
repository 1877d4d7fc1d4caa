package import NIOCore
package import P2PCopyCore

/// Seals the records of one direction of one lane, in place.
///
/// A record is `[number u64 big endian | chain 32 bytes | sealed body | tag]`. Numbers count from 0 over the whole
/// session, also across ``changeKey(to:)``; a record that is sent again over another lane keeps its number, and gets another
/// key: no number is used twice with one key. Where a session has several lanes each carries some of the numbers, in any
/// order.
package final class RecordSealer {
  private var key: RecordKey
  private var chain = RecordChain()
  private var sequenceNumber: UInt64
  private var used = UsedNumbers()
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

  /// The number behind the highest that was sealed: the next one's, where a session has one lane.
  package var recordCount: UInt64 { sequenceNumber }

  /// Seals all further records under another key.
  package func changeKey(to key: consuming RecordKey) {
    self.key = key
  }

  /// Seals the next record.
  ///
  /// - Parameter message: As for ``seal(_:as:)``.
  /// - Throws: As that.
  package func seal(_ message: inout ByteBuffer) throws(P2PCopyError) {
    try seal(&message, as: sequenceNumber)
  }

  /// Seals a record.
  ///
  /// - Parameters:
  ///   - message: ``RecordHeader/byteCount`` bytes of room, then the body in the clear; the whole record on return.
  ///   - number: Its number, which no record has had that was sealed here.
  /// - Throws: ``P2PCopyError`` when the cipher fails or the number was used; the connection cannot be used any more then.
  package func seal(_ message: inout ByteBuffer, as number: UInt64) throws(P2PCopyError) {
    guard message.readableBytes >= RecordHeader.byteCount, number < .max, used.insert(number) else {
      throw P2PCopyError(.internalError, "a record without room for its header, or without a number of its own")
    }
    let tagCount = try key.withNonce(of: number) { (nonce) throws(P2PCopyError) in
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
    message.setInteger(number, at: message.readerIndex)
    message.setBytes(chain.current, at: message.readerIndex + 8)
    sequenceNumber = max(sequenceNumber, number + 1)
  }
}

/// The numbers that were used, so that none is used twice with one key, whoever asks for it. Those long ago are not known one
/// by one: none of them may be used any more.
private struct UsedNumbers {
  /// How far behind the highest number one may be used.
  static let reach: UInt64 = 1024

  /// Below this all count as used.
  private var floor: UInt64 = 0
  private var numbers: Set<UInt64> = []

  /// - Returns: Whether the number was not used before; it is now.
  mutating func insert(_ number: UInt64) -> Bool {
    guard number >= floor, numbers.insert(number).inserted else { return false }
    if numbers.count > 2 * Self.reach {
      floor = max(floor, (numbers.max() ?? 0) - Self.reach)
      let floor = floor
      numbers = numbers.filter { $0 >= floor }
    }
    return true
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
