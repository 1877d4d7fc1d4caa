package import NIOCore
package import P2PCopyCore

/// Opens the records of one direction of one lane, in place: the counterpart of ``RecordSealer``.
package final class RecordOpener {
  private var key: RecordKey
  private var chain = RecordChain()
  private var sequenceNumber: UInt64
  private let sender: PeerRole

  /// Starts with a first key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - sender: Who sends in this direction, for error messages.
  ///   - number: The number of the first record.
  package init(key: consuming RecordKey, from sender: PeerRole, startingAt number: UInt64 = 0) {
    self.key = key
    sequenceNumber = number
    self.sender = sender
  }

  /// The chain up to the last record opened; 32 bytes, or none before the first.
  package var chainValue: [UInt8] { chain.current }

  /// The number behind the highest that was opened: the next one's, where a session has one lane.
  package var recordCount: UInt64 { sequenceNumber }

  /// Opens all further records under another key.
  package func changeKey(to key: consuming RecordKey) {
    self.key = key
  }

  /// Opens the next record.
  ///
  /// - Parameter message: The record; its body in the clear on return.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/checksumMismatch`` that names the record when it is not the
  ///   next one exactly as it was sealed: changed, cut, repeated, or others before it are missing.
  package func open(_ message: inout ByteBuffer) throws(P2PCopyError) {
    let number = try self.number(of: message)
    guard number == sequenceNumber else {
      throw damaged("number \(number) came: a record was lost, repeated or moved")
    }
    try open(&message, as: number)
  }

  /// Opens a record of a session that has several lanes: not every number comes over each, and in no order.
  ///
  /// - Parameter message: The record; its body in the clear on return.
  /// - Returns: Its number. Whether it was there before, or others are missing, is for the caller to find out.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/checksumMismatch`` that names the record when it is not exactly
  ///   as it was sealed.
  package func openAny(_ message: inout ByteBuffer) throws(P2PCopyError) -> UInt64 {
    let number = try self.number(of: message)
    try open(&message, as: number)
    return number
  }

  private func number(of message: ByteBuffer) throws(P2PCopyError) -> UInt64 {
    guard message.readableBytes >= RecordHeader.byteCount + key.tagByteCount,
      let number = message.getInteger(at: message.readerIndex, as: UInt64.self), number < .max
    else { throw damaged("it has only \(message.readableBytes) bytes, or no number") }
    return number
  }

  private func open(_ message: inout ByteBuffer, as number: UInt64) throws(P2PCopyError) {
    let tagIndex = message.writerIndex - key.tagByteCount
    guard let chainBytes = message.getBytes(at: message.readerIndex + 8, length: RecordHeader.chainByteCount),
      let tag = message.getBytes(at: tagIndex, length: key.tagByteCount)
    else { throw damaged("it is cut") }
    tag.withUnsafeBytes { chain.update(tag: $0) }
    guard chain.current == chainBytes else { throw damaged("its chain does not fit") }
    message.moveWriterIndex(to: tagIndex)
    do throws(P2PCopyError) {
      try key.withNonce(of: number) { (nonce) throws(P2PCopyError) in
        try message.withBytesAfterRecordHeader { (body) throws(P2PCopyError) in
          var span = MutableRawSpan(_unsafeBytes: body)
          try key.context.open(&span, nonce: nonce, authenticating: RawSpan(), tag: tag.span.bytes)
        }
      }
    } catch {
      guard error.code == .wrongCode else { throw error }
      throw damaged("its seal is broken")
    }
    message.moveReaderIndex(forwardBy: RecordHeader.byteCount)
    sequenceNumber = max(sequenceNumber, number + 1)
  }

  private func damaged(_ what: String) -> P2PCopyError {
    P2PCopyError(
      .checksumMismatch,
      "record \(sequenceNumber) from the \(sender) was damaged or exchanged on the way: \(what)",
      remedy: .resume)
  }
}
