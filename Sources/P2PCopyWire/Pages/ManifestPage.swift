package import NIOCore
package import P2PCopyCore

/// A part of the manifest: entries with consecutive indices. A tree of any size travels as a sequence of pages.
package struct ManifestPage: Hashable, Sendable {
  /// The most entries in a page.
  package static let maximumEntryCount = 2048

  /// The most bytes of a page, uncompressed.
  package static let maximumByteCount = 256 << 10

  /// How many pages may be between being announced and their receipt.
  package static let window = 8

  /// The index of the first entry; those of the pages before it come first.
  package var firstIndex: UInt64

  /// The entries.
  package var entries: [PageEntry]

  /// Creates a page.
  package init(firstIndex: UInt64, entries: [PageEntry]) {
    self.firstIndex = firstIndex
    self.entries = entries
  }

  /// Where an entry is in a page.
  ///
  /// - Parameters:
  ///   - index: The entry's index in the whole manifest, whoever says it.
  ///   - firstIndex: That of the page's first entry.
  ///   - count: How many entries the page has.
  /// - Returns: Its position; `nil` when it is in another page.
  package static func position(of index: UInt64, inPageFrom firstIndex: UInt64, count: Int) -> Int? {
    guard index >= firstIndex, index - firstIndex < UInt64(count) else { return nil }
    return Int(index - firstIndex)
  }

  /// Appends the entries: `[count u32 | entry …]`. Number and first index are in the ``BulkHeader``.
  package func write(to buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt32(clamping: entries.count))
    for entry in entries { entry.write(to: &buffer) }
  }

  /// Reads the entries.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when they are malformed, too many, or
  ///   followed by something else.
  package init(firstIndex: UInt64, readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard let count = buffer.readInteger(as: UInt32.self), (1...Self.maximumEntryCount).contains(Int(count)),
      !firstIndex.addingReportingOverflow(UInt64(count)).overflow
    else { throw P2PCopyError.malformed("a page of its manifest") }
    var entries: [PageEntry] = []
    entries.reserveCapacity(Int(count))
    for _ in 0..<count { entries.append(try PageEntry(readingFrom: &buffer)) }
    guard buffer.readableBytes == 0 else { throw P2PCopyError.malformed("a page of its manifest") }
    self.init(firstIndex: firstIndex, entries: entries)
  }
}
