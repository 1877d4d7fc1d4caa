import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// A file that comes in chunks: checks that they follow each other, digests and writes them.
///
/// Used by the storing task alone.
final class IncomingFile {
  let index: UInt64
  let entry: IncomingEntry
  private var sink: FileSink
  private let digests: DigestContexts
  private let loan: DigestContexts.Loan
  private(set) var byteCount: Int64

  /// What went wrong with this file alone; what comes of it is dropped then.
  private(set) var error: P2PCopyError?

  init(
    index: UInt64, entry: IncomingEntry, sink: FileSink, startOffset: Int64, digests: DigestContexts,
    loan: DigestContexts.Loan
  ) {
    self.index = index
    self.entry = entry
    self.sink = sink
    self.digests = digests
    self.loan = loan
    byteCount = startOffset
  }

  /// Takes the next raw bytes.
  ///
  /// - Throws: ``P2PCopyError`` when the session cannot go on: the bytes do not follow those before, or nothing can be
  ///   written any more at all.
  func take(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(P2PCopyError) {
    guard offset == UInt64(byteCount), Int64.max - byteCount >= bytes.count else {
      throw P2PCopyError(
        .protocolViolation, "the sender sent bytes of '\(entry.shown)' from \(offset), and \(byteCount) were expected")
    }
    try loan.context.update(RawSpan(_unsafeBytes: bytes))
    if error == nil {
      do throws(P2PCopyError) {
        try sink.write(bytes, at: byteCount)
      } catch {
        guard error.scope == .entry else { throw error }
        self.error = error
      }
    }
    byteCount += Int64(bytes.count)
  }

  /// Ends the file: gives it its name when it is what the sender read.
  ///
  /// - Returns: The entry as it is in place.
  /// - Throws: ``P2PCopyError``: this file failed, others are not concerned.
  func finish(_ end: FileEnd, _ settings: ReceiveSettings) throws(P2PCopyError) -> DeliveredEntry {
    let digest = try loan.context.finish()
    digests.giveBack(loan)
    if let error { throw error }
    guard end.byteCount == byteCount else {
      throw P2PCopyError(
        .protocolViolation, "'\(entry.shown)' came with \(byteCount) bytes, and \(end.byteCount) were announced")
    }
    guard digest == end.digest else {
      sink.discard()
      throw P2PCopyError(
        .checksumMismatch,
        "'\(entry.shown)' is not what the sender read: its digest differs; memory, disk or codec is faulty on one side",
        remedy: .runAgain, scope: .entry)
    }
    let placed = try sink.finish(settings.keepsMetadata ? end.metadata ?? entry.metadata : nil, settings)
    if let placed { settings.monitor.take(placed.refusal, of: .file, placed.path.description) }
    return entry.delivered(digest: digest, byteCount: byteCount, placed)
  }
}
