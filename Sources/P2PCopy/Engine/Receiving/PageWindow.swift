import P2PCopyCore
import P2PCopyWire
import Synchronization

/// Counts the pages between their coming and their receipt: a sender that does not wait for receipts must not fill the
/// memory.
final class PageWindow: Sendable {
  private let count = Mutex(0)

  /// A page has come.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when there are too many.
  func open() throws(P2PCopyError) {
    let isTooMany = count.withLock { count in
      count += 1
      return count > ManifestPage.window
    }
    if isTooMany {
      throw P2PCopyError(
        .protocolViolation, "the sender sent more than \(ManifestPage.window) pages without waiting for their receipts")
    }
  }

  /// A page's receipt is on its way.
  func close() {
    count.withLock { $0 -= 1 }
  }
}
