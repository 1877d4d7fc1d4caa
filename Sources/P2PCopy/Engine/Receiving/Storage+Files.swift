import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

extension Storage {
  /// Takes a piece of a file.
  func takeChunk(_ header: BulkHeader, _ body: ByteBuffer) throws(P2PCopyError) {
    let file = try file(header.index, startingAt: header.offset)
    if header.isCompressed {
      guard let decompression else { throw .notAgreed }
      let raw = UnsafeMutableRawBufferPointer(rebasing: scratch[..<header.rawByteCount])
      try body.decompress(with: decompression, into: raw)
      try file.take(UnsafeRawBufferPointer(raw), at: header.offset)
    } else {
      try body.withReadableBytes { (bytes) throws(P2PCopyError) in try file.take(bytes, at: header.offset) }
    }
    lane.buffers.recycle(body)
    advance(by: header.rawByteCount)
  }

  /// The file that a record belongs to: the current one, or the one that begins with it.
  private func file(_ index: UInt64, startingAt offset: UInt64) throws(P2PCopyError) -> IncomingFile {
    if let current, current.index == index { return current }
    guard current == nil else {
      throw P2PCopyError(.protocolViolation, "the sender began a file before it ended the one before")
    }
    let (page, position) = try place(of: index)
    let entry = page.page.entries[position]
    guard case .awaited = page.outcomes[position] else { throw PageStorage.unasked(entry) }
    let file = try begin(entry, page.page[position], index, offset)
    current = file
    return file
  }

  private func begin(
    _ entry: IncomingEntry, _ plan: IncomingPage.Plan, _ index: UInt64, _ offset: UInt64
  ) throws(P2PCopyError) -> IncomingFile {
    let destination: Destination?
    let loan: DigestContexts.Loan
    var start: PartialStart?
    switch (plan, entry.kind) {
    case (.expected(let place), .file), (.expected(let place), .stream):
      destination = place
      loan = try settings.digests.borrow()
    case (.continues(let place, let left, let prefixLoan), .file):
      destination = place
      loan = prefixLoan
      if offset == UInt64(left.version.byteCount) {
        start = left
      } else {
        // The sender's file begins otherwise: everything comes anew.
        _ = try loan.context.finish()
      }
    default: throw PageStorage.unasked(entry)
    }
    guard let path = entry.path else { throw PageStorage.unasked(entry) }
    let startOffset = start?.version.byteCount ?? 0
    monitor.beginFile(destination?.path ?? path, resumedByteCount: startOffset)
    return IncomingFile(
      index: index, entry: entry, sink: try sink(for: destination, entry, continuing: start),
      startOffset: startOffset, digests: settings.digests, loan: loan)
  }

  private func sink(
    for destination: Destination?, _ entry: IncomingEntry, continuing start: PartialStart?
  ) throws(P2PCopyError) -> FileSink {
    guard let output, let destination else { return .standardOutput }
    do throws(P2PCopyError) {
      let directory = try directory(of: destination, in: output)
      return .partialFile(
        try PartialFile(
          opening: destination, in: directory, continuing: start,
          mode: settings.keepsMetadata ? entry.metadata?.mode ?? 0o666 : 0o666))
    } catch {
      guard error.scope == .entry else { throw error }
      return .nowhere(error)
    }
  }

  /// Ends a file.
  func finish(_ end: FileEnd) throws(P2PCopyError) {
    // A file without a chunk is empty, or is complete with what was there.
    let file = try file(end.index, startingAt: UInt64(end.byteCount))
    current = nil
    let (page, position) = try place(of: end.index)
    do throws(P2PCopyError) {
      place(try file.finish(end, settings), page, position)
    } catch {
      guard error.scope == .entry else { throw error }
      page.outcomes[position] = .failed(error)
    }
  }
}
