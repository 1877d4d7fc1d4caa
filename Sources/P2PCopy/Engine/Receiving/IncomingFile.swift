import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// What is there of a file that is to be gone on with.
package struct PartialContent: Sendable {
  /// The partial file.
  package var start: PartialStart

  /// How much of it counts, from its beginning: whole chunks, or all of a file of the size that was announced.
  package var byteCount: Int64

  /// Gets the digests of its chunks as they are read.
  package var table: ChunkTable

  package init(start: PartialStart, byteCount: Int64, table: ChunkTable) {
    self.start = start
    self.byteCount = byteCount
    self.table = table
  }
}

/// A file that comes in chunks, as the tasks that read, prepare and store it know it.
final class IncomingFile: Sendable {
  /// How its digest is made.
  enum Digesting: Sendable {
    /// From the digests of its chunks, in any order.
    case byChunk
    /// By a context that sees its bytes in order, behind the turnstile.
    case inOrder(DigestContexts.Loan, Turnstile)
    /// By reading the file once everything is there, since its bytes do not come in order.
    case atTheEnd
  }

  let index: UInt64
  let entry: IncomingEntry
  let place: PlannedPlace
  /// What is there of it; `nil` when it begins anew.
  let rest: PartialContent?
  let digesting: Digesting
  /// The digests of its chunks: of those that are there, and, by chunk, of those that come.
  let table: ChunkTable

  init(index: UInt64, _ arrival: EntryState.Arrival, _ digests: DigestContexts) throws(P2PCopyError) {
    self.index = index
    entry = arrival.entry
    place = arrival.place
    rest = arrival.rest
    table = arrival.rest?.table ?? ChunkTable(digestByteCount: digests.digest.byteCount)
    if case .file = arrival.entry.kind, digests.isChunked {
      digesting = .byChunk
    } else {
      digesting = arrival.rest == nil ? .inOrder(try digests.borrow(), Turnstile()) : .atTheEnd
    }
  }

  /// How much of it is there.
  var startOffset: Int64 { rest?.byteCount ?? 0 }

  /// How long it was when it was listed; `nil` for what has no length before its end.
  var announcedByteCount: Int64? {
    if case .file(let byteCount) = entry.kind { byteCount } else { nil }
  }
}

/// The order in which chunks must come: one file at a time, without gaps. Of a file that is gone on with first what is missing
/// comes, then what differs.
///
/// Used by the reading task alone.
struct ChunkSequence {
  private struct Current {
    let file: IncomingFile
    /// Where what is there, or has come, ends.
    var end: Int64
    /// How much has come.
    var byteCount: Int64 = 0
    /// Where what has come ends.
    var lastEnd: Int64 = 0
    /// Where the last chunk ends, when one came that is shorter than others.
    var shortEnd: Int64?
    var chunkCount = 0
  }

  private let ledger: IncomingPageLedger
  private let digests: DigestContexts
  private var current: Current?

  init(ledger: IncomingPageLedger, digests: DigestContexts) {
    self.ledger = ledger
    self.digests = digests
  }

  /// Takes the next chunk in.
  ///
  /// - Returns: Its file, and which of the file's chunks that came it is, from 0.
  /// - Throws: ``P2PCopyError``: nobody wanted it, or it does not follow what came before.
  mutating func take(_ header: BulkHeader) throws(P2PCopyError) -> (file: IncomingFile, number: Int) {
    var now = try continued(header.index)
    let shown = now.file.entry.shown
    guard let offset = Int64(exactly: header.offset), offset == now.end || now.file.rest != nil && offset < now.end
    else {
      throw P2PCopyError(
        .protocolViolation,
        "the sender sent bytes of '\(shown)' from \(header.offset), and \(now.end) were expected")
    }
    let (end, overflows) = offset.addingReportingOverflow(Int64(header.rawByteCount))
    guard !overflows, isChunk(header, offset, end: end, &now) else {
      throw P2PCopyError(
        .protocolViolation,
        "the sender sent \(header.rawByteCount) bytes of '\(shown)' from \(offset), which is no chunk")
    }
    let number = now.chunkCount
    now.end = max(now.end, end)
    now.lastEnd = max(now.lastEnd, end)
    now.byteCount += Int64(header.rawByteCount)
    now.chunkCount += 1
    current = now
    return (now.file, number)
  }

  /// Whether a chunk of a file, unless it is a stream, is one by its size and place: only the last one may be shorter.
  private func isChunk(_ header: BulkHeader, _ offset: Int64, end: Int64, _ now: inout Current) -> Bool {
    guard case .file = now.file.entry.kind, header.rawByteCount > 0 else { return true }
    guard offset % Int64(digests.chunkByteCount) == 0, now.shortEnd.map({ end <= $0 }) ?? true else { return false }
    guard header.rawByteCount < digests.chunkByteCount else { return true }
    guard now.lastEnd <= end, now.shortEnd == nil || now.shortEnd == end else { return false }
    now.shortEnd = end
    return true
  }

  /// Takes the end of a file in. One without a chunk is empty, or complete with what was there.
  ///
  /// - Returns: The file.
  /// - Throws: ``P2PCopyError``: nobody wanted it, or it has another size than what came.
  mutating func take(_ end: FileEnd) throws(P2PCopyError) -> IncomingFile {
    let now = try continued(end.index)
    let fits =
      now.file.rest == nil ? end.byteCount == now.end : (now.lastEnd...now.end).contains(end.byteCount)
    guard fits, now.shortEnd == nil || now.shortEnd == end.byteCount else {
      throw P2PCopyError(
        .protocolViolation,
        "'\(now.file.entry.shown)' came with \(now.end) bytes, and \(end.byteCount) were announced")
    }
    try ledger.end(end.index)
    current = nil
    return now.file
  }

  /// What came of the file that is coming is void.
  ///
  /// - Returns: The file, and how much of it came.
  /// - Throws: ``P2PCopyError``: it is not coming, or may not come once more.
  mutating func take(_ again: FileAgain) throws(P2PCopyError) -> (file: IncomingFile, byteCount: Int64) {
    guard let current, current.file.index == again.index else {
      throw P2PCopyError(.protocolViolation, "the sender begins a file again that is not coming")
    }
    try ledger.beginAgain(again.index)
    self.current = nil
    return (current.file, current.byteCount)
  }

  /// The sender cannot send an entry, or the rest of it.
  ///
  /// - Throws: ``P2PCopyError``: nobody wanted it, or it came already.
  mutating func withdraw(_ index: UInt64) throws(P2PCopyError) -> IncomingEntry {
    let entry = try ledger.withdraw(index)
    if current?.file.index == index { current = nil }
    return entry
  }

  /// Makes sure that no file has begun that has not ended.
  ///
  /// - Parameter what: What comes now instead.
  /// - Throws: ``P2PCopyError``: one has.
  func checkNothingIsOpen(before what: String) throws(P2PCopyError) {
    guard current == nil else {
      throw P2PCopyError(.protocolViolation, "the sender sent \(what) before it ended a file")
    }
  }

  /// The file that goes on, or the one that begins.
  private func continued(_ index: UInt64) throws(P2PCopyError) -> Current {
    if let current, current.file.index == index { return current }
    try checkNothingIsOpen(before: "a file")
    let file = try IncomingFile(index: index, ledger.begin(index), digests)
    return Current(file: file, end: file.startOffset)
  }
}
