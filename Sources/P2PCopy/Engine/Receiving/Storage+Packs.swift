import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

extension Storage {
  /// Takes small files.
  func takePack(_ header: BulkHeader, _ body: ByteBuffer) throws(P2PCopyError) {
    guard current == nil else {
      throw P2PCopyError(.protocolViolation, "the sender began a pack before it ended a file")
    }
    var raw: ByteBuffer
    if header.isCompressed {
      guard let decompression else { throw .notAgreed }
      let memory = UnsafeMutableRawBufferPointer(rebasing: scratch[..<header.rawByteCount])
      try body.decompress(with: decompression, into: memory)
      raw = lane.buffers.take()
      raw.writeBytes(memory)
    } else {
      raw = body
    }
    while raw.readableBytes > 0 {
      let end = try FileEnd(readingFrom: &raw)
      guard end.byteCount <= raw.readableBytes else {
        throw P2PCopyError(.protocolViolation, "the sender sent a pack that is malformed")
      }
      let byteCount = Int(end.byteCount)
      try raw.withReadableBytes { (bytes) throws(P2PCopyError) in
        try store(end, UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]))
      }
      raw.moveReaderIndex(forwardBy: byteCount)
      advance(by: byteCount)
    }
    lane.buffers.recycle(raw)
  }

  /// Stores one file of a pack.
  private func store(_ end: FileEnd, _ bytes: UnsafeRawBufferPointer) throws(P2PCopyError) {
    let (page, position) = try place(of: end.index)
    let entry = page.page.entries[position]
    guard case .awaited = page.outcomes[position], case .expected(let destination) = page.page[position],
      case .file = entry.kind
    else { throw PageStorage.unasked(entry) }
    let digest: [UInt8]
    try packLoan.context.update(RawSpan(_unsafeBytes: bytes))
    digest = try packLoan.context.finish()
    do throws(P2PCopyError) {
      guard digest == end.digest else {
        throw P2PCopyError(
          .checksumMismatch,
          "'\(entry.shown)' is not what the sender read: its digest differs; memory or codec is faulty on one side",
          remedy: .runAgain, scope: .entry)
      }
      let metadata = settings.keepsMetadata ? end.metadata ?? entry.metadata : nil
      var placed: PlacedEntry?
      if let output, let destination {
        placed = try SmallFile.place(
          bytes, at: destination, in: directory(of: destination, in: output), metadata: metadata,
          keepingSetID: settings.keepsSetID, settings.takenNames)
      } else {
        try FileSink.standardOutput.write(bytes, at: 0)
      }
      if let placed { monitor.take(placed.refusal, of: .file, placed.path.description) }
      place(entry.delivered(digest: digest, byteCount: end.byteCount, placed), page, position)
    } catch {
      guard error.scope == .entry else { throw error }
      page.outcomes[position] = .failed(error)
    }
  }
}
