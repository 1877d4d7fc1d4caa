package import NIOCore
package import P2PCopyCore

/// The receiver is done with a page: what is in place, and what failed.
package struct PageReceipt: Hashable, Sendable {
  /// The index of the page's first entry.
  package var firstIndex: UInt64

  /// The digest over the tree up to and including this page, 32 bytes.
  package var treeDigest: [UInt8]

  /// The entries that failed at the receiver after its answer, in ascending order.
  package var failures: [EntryFailureNotice]

  /// Creates a receipt.
  package init(firstIndex: UInt64, treeDigest: [UInt8], failures: [EntryFailureNotice]) {
    self.firstIndex = firstIndex
    self.treeDigest = treeDigest
    self.failures = failures
  }

  /// Appends `[kind u8 | first index u64 | tree digest 32 | count u32 | failure …]`.
  package func write(to buffer: inout ByteBuffer) {
    buffer.writeInteger(RecordKind.pageReceipt.rawValue)
    buffer.writeInteger(firstIndex)
    buffer.writeBytes(treeDigest)
    buffer.writeInteger(UInt32(clamping: failures.count))
    for failure in failures { failure.write(to: &buffer) }
  }

  /// Reads a receipt whose kind has been read already.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``.
  package init(readingFrom buffer: inout ByteBuffer) throws(P2PCopyError) {
    guard let firstIndex = buffer.readInteger(as: UInt64.self), let treeDigest = buffer.readBytes(length: 32),
      let count = buffer.readInteger(as: UInt32.self), count <= ManifestPage.maximumEntryCount
    else { throw P2PCopyError.malformed("the receipt of a page") }
    self.init(firstIndex: firstIndex, treeDigest: treeDigest, failures: [])
    for _ in 0..<count {
      let failure = try EntryFailureNotice(readingFrom: &buffer)
      guard failures.last.map({ $0.index < failure.index }) ?? true else {
        throw P2PCopyError.malformed("the receipt of a page")
      }
      failures.append(failure)
    }
    guard buffer.readableBytes == 0 else { throw P2PCopyError.malformed("the receipt of a page") }
  }
}
