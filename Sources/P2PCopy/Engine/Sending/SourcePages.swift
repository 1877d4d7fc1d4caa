import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// Gathers what a walk finds into pages.
struct SourcePages {
  /// A page that is not full yet is sent after this time, so that the first files flow at once.
  private static let patience = Duration.milliseconds(100)

  /// The entries of one page.
  struct Page: Sendable {
    var firstIndex: UInt64
    var entries: [SourceEntry]
  }

  private let nextElement: () -> SourceWalk.Element?
  private let monitor: TransferMonitor
  private let failures: EntryFailures
  private var nextIndex: UInt64 = 0

  /// What all pages so far came to.
  private(set) var totals = SessionTotals()

  /// Entries that could not be listed.
  private(set) var failureCount: UInt64 = 0

  init(monitor: TransferMonitor, failures: EntryFailures, _ nextElement: @escaping () -> SourceWalk.Element?) {
    self.nextElement = nextElement
    self.monitor = monitor
    self.failures = failures
  }

  /// Walks on until a page is full or enough time has passed.
  ///
  /// - Returns: The page, or `nil` at the end.
  mutating func next() -> Page? {
    var page = Page(firstIndex: nextIndex, entries: [])
    var byteCount = 0
    let start = ContinuousClock.now
    while page.entries.count < ManifestPage.maximumEntryCount,
      byteCount < ManifestPage.maximumByteCount - PageEntry.maximumEncodedByteCount
    {
      guard let element = nextElement() else { break }
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
