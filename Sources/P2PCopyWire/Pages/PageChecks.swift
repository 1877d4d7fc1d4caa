package import NIOCore
package import P2PCopyCore

/// The sender's digests of the files of a page that the receiver may have already.
package struct PageChecks: Hashable, Sendable {
  /// One file.
  package struct Check: Hashable, Sendable {
    /// Its position within the page.
    package var position: Int

    /// The negotiated digest over the whole file at the sender; empty when it could not be read.
    package var digest: [UInt8]

    /// Creates a check.
    package init(position: Int, digest: [UInt8]) {
      self.position = position
      self.digest = digest
    }
  }

  /// The index of the page's first entry.
  package var firstIndex: UInt64

  /// The files.
  package var checks: [Check]

  /// Creates checks.
  package init(firstIndex: UInt64, checks: [Check]) {
    self.firstIndex = firstIndex
    self.checks = checks
  }

  /// Appends `[kind u8 | first index u64 | count u32 | (position u32 | digest) …]`; a digest is behind its length (u16).
  package func write(to buffer: inout ByteBuffer) {
    buffer.writeInteger(RecordKind.checks.rawValue)
    buffer.writeInteger(firstIndex)
    buffer.writeInteger(UInt32(clamping: checks.count))
    for check in checks {
      buffer.writeInteger(UInt32(clamping: check.position))
      buffer.writeShortBytes(check.digest)
    }
  }

  /// Reads checks whose kind has been read already.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard let firstIndex = buffer.readInteger(as: UInt64.self), let count = buffer.readInteger(as: UInt32.self),
      count <= ManifestPage.maximumEntryCount
    else { throw P2PCopyError.malformed("checks") }
    self.init(firstIndex: firstIndex, checks: [])
    for _ in 0..<count {
      guard let position = buffer.readInteger(as: UInt32.self), let digest = buffer.readShortBytes(limit: 64),
        position < ManifestPage.maximumEntryCount, Int(position) > checks.last?.position ?? -1
      else { throw P2PCopyError.malformed("checks") }
      checks.append(Check(position: Int(position), digest: digest))
    }
    guard buffer.readableBytes == 0 else { throw P2PCopyError.malformed("checks") }
  }
}
