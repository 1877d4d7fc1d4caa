import NIOCore
import P2PCopyCore
package import P2PCopyFiles
package import P2PCopyTransfer
import P2PCopyWire

/// Gathers what a source has into pages.
package struct SourcePages {
  /// A page that is not full yet is sent after this time, so that the first files flow at once.
  private static let patience = Duration.milliseconds(100)

  /// The entries of one page.
  package struct Page: Sendable {
    package var firstIndex: UInt64
    package var entries: [SourceEntry]

    /// The index of an entry in the whole manifest.
    func index(of position: Int) -> UInt64 { firstIndex + UInt64(position) }
  }

  private let cursor: any SourceCursor
  private let monitor: TransferMonitor
  private let failures: EntryFailures
  private var nextIndex: UInt64 = 0

  /// What all pages so far came to.
  private(set) var totals = SessionTotals()

  /// Entries that could not be listed.
  private(set) var failureCount: UInt64 = 0

  package init(_ cursor: any SourceCursor, _ monitor: TransferMonitor, _ failures: EntryFailures) {
    self.cursor = cursor
    self.monitor = monitor
    self.failures = failures
  }

  /// Walks on until a page is full or enough time has passed.
  ///
  /// - Returns: The page, or `nil` at the end.
  package mutating func next() -> Page? {
    var page = Page(firstIndex: nextIndex, entries: [])
    var byteCount = 0
    let start = ContinuousClock.now
    while page.entries.count < ManifestPage.maximumEntryCount,
      byteCount < ManifestPage.maximumByteCount - PageEntry.maximumEncodedByteCount
    {
      guard let element = cursor.next() else { break }
      switch element {
      case .entry(let entry):
        page.entries.append(entry)
        byteCount += entry.encodedByteCount
        count(entry)
      case .notice(let text): monitor.notice(text)
      case .failure(let failure):
        failures.takeUntold(failure)
        failureCount += 1
      }
      // Looking at the clock for each entry would cost as much as the entry.
      if page.entries.count & 63 == 1, ContinuousClock.now - start > Self.patience { break }
    }
    guard !page.entries.isEmpty else { return nil }
    nextIndex += UInt64(page.entries.count)
    return page
  }

  private mutating func count(_ entry: SourceEntry) {
    if case .file(let byteCount) = entry.kind {
      totals.addFile(byteCount: byteCount)
    } else {
      totals.addOther()
    }
  }
}

extension SourceEntry {
  fileprivate var encodedByteCount: Int {
    let targetByteCount = if case .symbolicLink(let target) = kind { target.count } else { 0 }
    return 32 + path.bytes.count + targetByteCount
  }
}

extension SourcePages.Page {
  /// The sizes of its files; `nil` for a stream, whose size nobody knows.
  var fileByteCounts: [Int64?] {
    entries.compactMap { entry -> Int64?? in
      switch entry.kind {
      case .file(let byteCount): byteCount
      case .stream: .some(nil)
      case .directory, .symbolicLink: nil
      }
    }
  }

  /// The record that announces it.
  ///
  /// - Throws: ``P2PCopyError`` when the compressor fails.
  func record(_ settings: SendSettings) throws -> OutgoingMessage {
    var record = settings.buffers.takeBulkRecord()
    ManifestPage(
      firstIndex: firstIndex, entries: entries.map { $0.pageEntry(withMetadata: settings.keepsMetadata) }
    ).write(to: &record)
    let rawByteCount = record.readableBytes - RecordHeader.byteCount - BulkHeader.byteCount
    var isCompressed = false
    if let compression = settings.compression {
      (record, isCompressed) = try compression.compress(record, below: Protocol2Suite.worthwhileRatio)
    }
    BulkHeader(kind: .page, isCompressed: isCompressed, rawByteCount: rawByteCount, index: firstIndex)
      .write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
    return OutgoingMessage(record)
  }
}

extension SourceEntry {
  fileprivate func pageEntry(withMetadata: Bool) -> PageEntry {
    let kind: PageEntry.Kind =
      switch kind {
      case .file(let byteCount): .file(byteCount: byteCount)
      case .directory: .directory
      case .symbolicLink(let target): .symbolicLink(target: target)
      case .stream: .stream
      }
    return PageEntry(path: path.bytes, kind: kind, metadata: withMetadata ? knownMetadata : nil)
  }
}
