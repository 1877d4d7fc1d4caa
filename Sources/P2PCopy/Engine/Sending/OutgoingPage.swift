import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer

/// A page of the manifest between being announced and its receipt, as the sender keeps account of it.
///
/// Used by the session's task alone.
final class OutgoingPage {
  /// How far it is.
  enum State {
    /// Announced; the receiver has not answered.
    case announced
    /// The receiver has been sent digests to compare.
    case checking
    /// Answered: its data can be sent.
    case ready
    /// Everything is sent.
    case sent
  }

  /// What becomes of one entry.
  enum Outcome {
    /// To be sent, from the beginning or behind what the receiver has.
    case awaited(prefix: (byteCount: Int64, digest: [UInt8])?)
    /// To be compared first.
    case check
    /// In place at the receiver, as far as this side knows.
    case delivered(DeliveredEntry, isUnchanged: Bool)
    /// Not delivered: left alone on purpose, or failed.
    case settled
  }

  let firstIndex: UInt64
  let entries: [SourceEntry]
  var state = State.announced
  var outcomes: [Outcome]
  /// Files whose size is known at their end only, by position: they are sent after the others.
  var alone: [Int] = []
  /// How many bytes of content the session had sent with this page, once it is ``State/sent``.
  var sentByteCount: Int64 = 0
  /// What was read of the files that are being compared, by position.
  var checked: [Int: DeliveredEntry] = [:]

  init(_ page: SourcePages.Page) {
    firstIndex = page.firstIndex
    entries = page.entries
    outcomes = entries.map { _ in .awaited(prefix: nil) }
  }

  /// The index of an entry in the whole manifest.
  func index(of position: Int) -> UInt64 { firstIndex + UInt64(position) }

  /// The position of an entry that a peer named.
  func position(of index: UInt64) -> Int? {
    guard index >= firstIndex, index - firstIndex < UInt64(entries.count) else { return nil }
    return Int(index - firstIndex)
  }

  /// Counts everything as delivered that needs no data: directories and links that were not refused.
  func deliverEntriesWithoutData() {
    for position in entries.indices {
      guard case .awaited = outcomes[position] else { continue }
      switch entries[position].kind {
      case .file, .stream: break
      case .directory, .symbolicLink:
        outcomes[position] = .delivered(entries[position].delivered(digest: [], byteCount: 0), isUnchanged: false)
      }
    }
  }
}

extension SourceEntry {
  /// Mode and time; standard input has none.
  var knownMetadata: EntryMetadata? { kind == .stream ? nil : metadata }

  /// The entry as it is counted once it is in place.
  func delivered(
    digest: [UInt8], byteCount: Int64, metadata: EntryMetadata? = nil
  ) -> DeliveredEntry {
    let kind: DeliveredEntry.Kind =
      switch kind {
      case .file, .stream: .file
      case .directory: .directory
      case .symbolicLink: .symbolicLink
      }
    let target: [UInt8] = if case .symbolicLink(let target) = self.kind { target } else { [] }
    return DeliveredEntry(
      path: path.bytes, kind: kind, byteCount: byteCount, digest: digest, target: target,
      metadata: metadata ?? knownMetadata)
  }
}
