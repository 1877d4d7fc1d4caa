package import NIOCore
package import P2PCopyCore

/// A receiver's answer to a page, or to the checks that followed from its first answer.
package struct PageAnswer: Sendable {
  /// The longest message of a refusal in bytes of UTF-8.
  package static let maximumMessageByteCount = 400

  /// The index of the page's first entry.
  package var firstIndex: UInt64

  /// What to do, by position within the page, in ascending order.
  package var dispositions: [(position: Int, disposition: EntryDisposition)]

  /// Creates an answer.
  package init(firstIndex: UInt64, dispositions: [(position: Int, disposition: EntryDisposition)] = []) {
    self.firstIndex = firstIndex
    self.dispositions = dispositions
  }

  /// Whether two answers say the same.
  package static func == (left: PageAnswer, right: PageAnswer) -> Bool {
    left.firstIndex == right.firstIndex && left.dispositions.elementsEqual(right.dispositions) { $0 == $1 }
  }

  /// Hashes the answer.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(firstIndex)
    for (position, disposition) in dispositions {
      hasher.combine(position)
      hasher.combine(disposition)
    }
  }

  /// Appends `[kind u8 | first index u64 | count u32 | (position u32 | what u8 | …) …]`.
  ///
  /// `what`: 1 continues, with offset u64; 2 check; 3 unchanged; 4 skipped; 5 refused, with the error code's
  /// name and a message; 6 complete by size and time. Name and message are behind their length (u16).
  package func write(as kind: RecordKind, to buffer: inout ByteBuffer) {
    buffer.writeInteger(kind.rawValue)
    buffer.writeInteger(firstIndex)
    buffer.writeInteger(UInt32(clamping: dispositions.count))
    for (position, disposition) in dispositions {
      buffer.writeInteger(UInt32(clamping: position))
      switch disposition {
      case .continues(let offset):
        buffer.writeInteger(UInt8(1))
        buffer.writeInteger(UInt64(clamping: offset))
      case .check: buffer.writeInteger(UInt8(2))
      case .unchanged: buffer.writeInteger(UInt8(3))
      case .skipped: buffer.writeInteger(UInt8(4))
      case .refused(let code, let message):
        buffer.writeInteger(UInt8(5))
        buffer.writeReason(code, message)
      case .completeByTimes: buffer.writeInteger(UInt8(6))
      }
    }
  }

  /// Reads an answer whose kind has been read already.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when it is malformed or positions are not
  ///   in ascending order.
  package init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard let firstIndex = buffer.readInteger(as: UInt64.self), let count = buffer.readInteger(as: UInt32.self),
      count <= ManifestPage.maximumEntryCount
    else { throw P2PCopyError.malformed("an answer") }
    self.init(firstIndex: firstIndex)
    dispositions.reserveCapacity(Int(count))
    for _ in 0..<count {
      guard let position = buffer.readInteger(as: UInt32.self), position < ManifestPage.maximumEntryCount,
        Int(position) > dispositions.last?.position ?? -1, let what = buffer.readInteger(as: UInt8.self)
      else { throw P2PCopyError.malformed("an answer") }
      dispositions.append((Int(position), try Self.disposition(what, &buffer)))
    }
    guard buffer.readableBytes == 0 else { throw P2PCopyError.malformed("an answer") }
  }

  private static func disposition(_ what: UInt8, _ buffer: inout ByteBuffer) throws(P2PCopyError) -> EntryDisposition {
    switch what {
    case 1:
      guard let offset = buffer.readInteger(as: UInt64.self), let byteCount = Int64(exactly: offset), byteCount > 0
      else { break }
      return .continues(at: byteCount)
    case 2: return .check
    case 3: return .unchanged
    case 4: return .skipped
    case 5:
      let (code, message) = try buffer.readReason()
      return .refused(code: code, message: message)
    case 6: return .completeByTimes
    default: break
    }
    throw P2PCopyError.malformed("an answer")
  }
}

extension PageAnswer: Equatable, Hashable {}

extension ByteBuffer {
  /// Appends an error code's name and a message, each behind its length (u16).
  mutating func writeReason(_ code: P2PCopyError.Code, _ message: String) {
    writeShortBytes(code.name.utf8)
    writeShortBytes(message.utf8.prefix(PageAnswer.maximumMessageByteCount))
  }

  /// Takes what ``writeReason(_:_:)`` appends. The message is escaped, ready to be shown; an unknown code counts as
  /// ``P2PCopyError/Code/peerFailed``.
  mutating func readReason() throws(P2PCopyError) -> (P2PCopyError.Code, String) {
    guard let name = readShortBytes(limit: 64),
      let message = readShortBytes(limit: PageAnswer.maximumMessageByteCount)
    else { throw P2PCopyError.malformed("a reason") }
    return (P2PCopyError.Code(named: name) ?? .peerFailed, DisplayText.escapedOnce(message))
  }
}

/// What a receiver wants done with one entry of a page. Entries that an answer does not name are to be sent whole.
package enum EntryDisposition: Hashable, Sendable {
  /// So many first bytes are there, from an earlier transfer; the digests of their chunks follow as ``ChunkDigests``.
  case continues(at: Int64)
  /// A file of that size is there: the sender's digest decides.
  case check
  /// The same is there already.
  case unchanged
  /// A file is there whose size and time are those of the entry; nobody has read it.
  case completeByTimes
  /// Something of that name is there and is left alone, as the receiver was asked to.
  case skipped
  /// It cannot be received.
  case refused(code: P2PCopyError.Code, message: String)
}
