import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// A file that comes in chunks, as the tasks that read, prepare and store it know it.
final class IncomingFile: Sendable {
  let index: UInt64
  let entry: IncomingEntry
  let place: PlannedPlace
  /// The partial file that it goes on with; `nil` when it begins anew.
  let start: PartialStart?
  /// Sees the file's bytes in order: those of the partial file, then behind the turnstile what comes.
  let digest: DigestContexts.Loan
  let turnstile = Turnstile()

  init(index: UInt64, _ arrival: EntryState.Arrival, start: PartialStart?, digest: DigestContexts.Loan) {
    self.index = index
    entry = arrival.entry
    place = arrival.place
    self.start = start
    self.digest = digest
  }

  /// Where what is to come begins.
  var startOffset: Int64 { start?.version.byteCount ?? 0 }
}

/// The order in which chunks must come: one file at a time, without gaps.
///
/// Used by the reading task alone.
struct ChunkSequence {
  private struct Current {
    let file: IncomingFile
    var byteCount: Int64
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
  /// - Returns: Its file, and which of the file's chunks it is, from 0.
  /// - Throws: ``P2PCopyError``: nobody wanted it, or it does not follow what came before.
  mutating func take(_ header: BulkHeader) throws(P2PCopyError) -> (file: IncomingFile, number: Int) {
    var now = try continued(header.index, startingAt: header.offset)
    let shown = now.file.entry.shown
    let (end, overflows) = now.byteCount.addingReportingOverflow(Int64(header.rawByteCount))
    guard header.offset == UInt64(now.byteCount), !overflows else {
      throw P2PCopyError(
        .protocolViolation,
        "the sender sent bytes of '\(shown)' from \(header.offset), and \(now.byteCount) were expected")
    }
    let number = now.chunkCount
    now.byteCount = end
    now.chunkCount += 1
    current = now
    return (now.file, number)
  }

  /// Takes the end of a file in. One without a chunk is empty, or complete with what was there.
  ///
  /// - Returns: The file.
  /// - Throws: ``P2PCopyError``: nobody wanted it, or it has another size than what came.
  mutating func take(_ end: FileEnd) throws(P2PCopyError) -> IncomingFile {
    let now = try continued(end.index, startingAt: UInt64(end.byteCount))
    guard end.byteCount == now.byteCount else {
      throw P2PCopyError(
        .protocolViolation,
        "'\(now.file.entry.shown)' came with \(now.byteCount) bytes, and \(end.byteCount) were announced")
    }
    try ledger.end(end.index)
    current = nil
    return now.file
  }

  /// What came of the file that is coming is void.
  ///
  /// - Returns: The file, and where in it what came ends.
  /// - Throws: ``P2PCopyError``: it is not coming, or may not come once more.
  mutating func take(_ again: FileAgain) throws(P2PCopyError) -> (file: IncomingFile, end: Int64) {
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
  private func continued(_ index: UInt64, startingAt offset: UInt64) throws(P2PCopyError) -> Current {
    if let current, current.file.index == index { return current }
    try checkNothingIsOpen(before: "a file")
    let arrival = try ledger.begin(index)
    var start: PartialStart?
    let digest: DigestContexts.Loan
    if let rest = arrival.rest {
      digest = rest.loan
      if offset == UInt64(clamping: rest.start.version.byteCount) {
        start = rest.start
      } else {
        // The sender's file begins otherwise: everything comes anew, and the digest forgets what it has seen.
        _ = try digest.context.finish()
      }
    } else {
      digest = try digests.borrow()
    }
    let file = IncomingFile(index: index, arrival, start: start, digest: digest)
    return Current(file: file, byteCount: file.startOffset)
  }
}
