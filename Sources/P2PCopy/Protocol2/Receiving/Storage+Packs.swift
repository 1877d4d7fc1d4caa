import NIOCore
import P2PCopyCore

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
      raw = channel.connection.buffers.take()
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
      monitor.advance(by: byteCount)
    }
    channel.connection.buffers.recycle(raw)
  }

  /// Stores one file of a pack.
  private func store(_ end: FileEnd, _ bytes: UnsafeRawBufferPointer) throws(P2PCopyError) {
    let (page, position) = try place(of: end.index)
    let entry = page.page.entries[position]
    guard case .awaited = page.outcomes[position], case .expected = page.page[position], case .file = entry.kind,
      let path = entry.path
    else { throw PageStorage.unasked(entry) }
    let digest: [UInt8]
    try packLoan.context.update(RawSpan(_unsafeBytes: bytes))
    digest = try packLoan.context.finish()
    do throws(P2PCopyError) {
      guard digest == end.digest else {
        throw P2PCopyError(
          .checksumMismatch,
          "'\(path)' is not what the sender read: its digest differs; memory or codec is faulty on one side."
            + " Run the same commands again")
      }
      let metadata = settings.keepsMetadata ? end.metadata ?? entry.metadata : nil
      if let output {
        guard let directory = try output.directory(of: path, creating: true) else {
          throw P2PCopyError(.internalError, "the directory of '\(path)' was not made")
        }
        let placement = try SmallFile.place(
          bytes, as: path, in: directory, metadata: metadata, keepingSetID: settings.keepsSetID,
          policy: settings.conflictPolicy)
        monitor.take(placement.refusal, of: .file, entry.shown)
      } else {
        try FileSink.standardOutput.write(bytes, at: 0)
      }
      page.outcomes[position] = .delivered(
        entry.delivered(digest: digest, byteCount: end.byteCount, metadata: end.metadata ?? entry.metadata),
        isUnchanged: false)
    } catch {
      if error.endsAllWriting { throw error }
      page.outcomes[position] = .failed(error)
    }
  }
}
