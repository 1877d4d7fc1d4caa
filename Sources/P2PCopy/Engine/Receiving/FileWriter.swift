import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// Writes a file that comes in chunks, and gives it its name if it is what the sender read.
///
/// Used by the storing task alone.
final class FileWriter {
  let file: IncomingFile
  private let settings: ReceiveSettings
  /// Missing when the file could not be opened.
  private let writer: (any EntryWriting)?
  /// What went wrong with this file alone; what comes of it is dropped then.
  private var error: P2PCopyError?

  /// Opens the file.
  ///
  /// - Throws: ``P2PCopyError`` when nothing can be written any more at all; that this file cannot be, it says when it ends.
  init(_ file: IncomingFile, in store: any EntryStoring, _ settings: ReceiveSettings) throws(P2PCopyError) {
    self.file = file
    self.settings = settings
    settings.monitor.beginFile(
      file.place.path, byteCount: file.announcedByteCount, resumedByteCount: file.startOffset)
    do throws(P2PCopyError) {
      writer = try store.openFile(file.entry, at: file.place, continuing: file.rest?.start)
    } catch {
      guard error.scope == .entry else { throw error }
      writer = nil
      self.error = error
    }
  }

  /// Writes a chunk, whose digest was taken.
  ///
  /// - Throws: As ``init(_:in:_:)``.
  func write(_ content: ByteBuffer, at offset: Int64) throws(P2PCopyError) {
    if offset < file.startOffset { settings.monitor.missPresent(byteCount: Int64(content.readableBytes)) }
    guard let writer, error == nil else { return }
    do throws(P2PCopyError) {
      try content.withContent { (bytes) throws(P2PCopyError) in try writer.write(bytes, at: offset) }
    } catch {
      guard error.scope == .entry else { throw error }
      self.error = error
    }
  }

  /// Forgets what came, which is void.
  ///
  /// - Throws: ``P2PCopyError`` when the digest fails.
  func abandon() throws(P2PCopyError) {
    file.table.close()
    try giveBackDigest()
    writer?.discard()
  }

  /// What lies there of the file, if that can be gone on with.
  func leave() -> PartialStart? { writer?.leave() }

  /// Removes what was written, which is damaged.
  func discard() { writer?.discard() }

  /// Gives the complete file its name.
  ///
  /// - Parameter end: What the sender read.
  /// - Returns: The file as it is in place, and as it is counted; `nil` when it is not what the sender read.
  /// - Throws: ``P2PCopyError``: this file failed; unless nothing can be written any more, others are not concerned.
  func finish(_ end: FileEnd) throws(P2PCopyError) -> (placed: PlacedEntry, delivered: DeliveredEntry)? {
    file.table.close()
    if let error {
      try giveBackDigest()
      throw error
    }
    guard let writer else {
      throw P2PCopyError(.internalError, "'\(file.entry.shown)' was never opened; please report it")
    }
    guard let digest = try digest(end.byteCount, writer), digest == end.digest else { return nil }
    let placed = try writer.place(settings.metadata(of: file.entry, end), byteCount: end.byteCount)
    return (placed, file.entry.delivered(digest: digest, byteCount: end.byteCount, placed))
  }

  private func digest(_ byteCount: Int64, _ writer: any EntryWriting) throws(P2PCopyError) -> [UInt8]? {
    switch file.digesting {
    case .byChunk: return try settings.digests.digest(of: file.table, byteCount: byteCount)
    case .inOrder(let loan, _):
      // All chunks were taken, so that the digest is nobody else's now.
      let digest = try loan.context.finish()
      settings.digests.giveBack(loan)
      return digest
    case .atTheEnd:
      settings.monitor.emit(.checking(path: EntryPath(file.place.path)))
      return try writer.digest(byteCount, settings.digests)
    }
  }

  /// A context forgets what it has seen when it is finished.
  private func giveBackDigest() throws(P2PCopyError) {
    guard case .inOrder(let loan, _) = file.digesting else { return }
    _ = try loan.context.finish()
    settings.digests.giveBack(loan)
  }
}
