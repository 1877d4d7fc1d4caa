import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// What comes in a pack, decompressed and digested.
struct PreparedPack: Sendable {
  /// One file of it.
  struct File: Sendable {
    /// What the sender says about it.
    var end: FileEnd
    /// Where in the pack its content begins.
    var offset: Int
    /// Whether the content has the digest that the sender named.
    var isIntact: Bool
  }

  /// The raw bytes of the pack.
  var content: ByteBuffer
  var files: [File]

  /// Calls `body` with the content of one file.
  func withContent<Result>(
    of file: File, _ body: (UnsafeRawBufferPointer) throws(P2PCopyError) -> Result
  ) throws(P2PCopyError) -> Result {
    let range = file.offset..<(file.offset + Int(file.end.byteCount))
    return try content.withContent { (bytes) throws(P2PCopyError) in
      try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }
}

/// Decompresses and digests what has come; any worker may prepare any unit.
struct ContentPreparation: Sendable {
  let buffers: MessageBufferPool
  let digests: DigestContexts
  /// Missing when the peers agreed on no compressor.
  let decompression: DecompressionContexts?

  /// Makes a piece of a file ready to be written.
  ///
  /// - Parameters:
  ///   - unit: The piece.
  ///   - header: What the sender says about it.
  ///   - file: The file, whose digest takes it in.
  ///   - number: Which of the file's pieces it is, from 0.
  func prepare(_ unit: IncomingUnit<ByteBuffer>, _ header: BulkHeader, of file: IncomingFile, number: Int) async {
    let raw = result { () throws(P2PCopyError) in try rawContent(unit.takeBody(), header) }
    switch file.digesting {
    case .byChunk:
      unit.finish(
        result { () throws(P2PCopyError) in
          let raw = try raw.get()
          guard raw.readableBytes > 0 else { return raw }
          let digest = try raw.withContent { (bytes) throws(P2PCopyError) in
            try digests.digest(ofChunk: RawSpan(_unsafeBytes: bytes))
          }
          file.table.set(digest, of: Int64(clamping: header.offset) / Int64(digests.chunkByteCount), replacing: true)
          return raw
        })
    case .atTheEnd: unit.finish(raw)
    case .inOrder(let loan, let turnstile):
      guard await turnstile.pass(number) else {
        unit.finish(.failure(P2PCopyError(.internalError, "a chunk was prepared twice; please report it")))
        return
      }
      let digested = result { () throws(P2PCopyError) in
        // Whatever happens in here, those behind must be let through.
        defer { turnstile.advance() }
        let raw = try raw.get()
        try raw.withContent { (bytes) throws(P2PCopyError) in
          try loan.context.update(RawSpan(_unsafeBytes: bytes))
        }
        return raw
      }
      unit.finish(digested)
    }
  }

  /// Makes a pack ready to be stored, up to the digest of each of its files.
  func prepare(_ unit: IncomingUnit<PreparedPack>, _ header: BulkHeader) {
    unit.finish(
      result { () throws(P2PCopyError) in
        let content = try rawContent(unit.takeBody(), header)
        return PreparedPack(content: content, files: try files(in: content))
      })
  }

  /// The raw form of a record's content.
  ///
  /// - Throws: ``P2PCopyError``: it is damaged, or compressed though that was not agreed.
  func rawContent(_ body: ByteBuffer, _ header: BulkHeader) throws(P2PCopyError) -> ByteBuffer {
    guard header.isCompressed else { return body }
    guard let decompression else {
      throw P2PCopyError(.protocolViolation, "the sender compresses, though no compressor was agreed")
    }
    let raw = try decompression.decompress(body, rawByteCount: header.rawByteCount, into: buffers)
    buffers.recycle(body)
    return raw
  }

  private func files(in content: ByteBuffer) throws(P2PCopyError) -> [PreparedPack.File] {
    let loan = try digests.borrow()
    var rest = content
    var files: [PreparedPack.File] = []
    while rest.readableBytes > 0 {
      // All are of one page: what is more than that must not fill the memory.
      guard files.count < ManifestPage.maximumEntryCount else { throw P2PCopyError.malformed("a pack") }
      let end = try FileEnd(readingFrom: &rest)
      guard end.byteCount <= rest.readableBytes else { throw P2PCopyError.malformed("a pack") }
      let byteCount = Int(end.byteCount)
      let offset = rest.readerIndex - content.readerIndex
      let digest = try rest.withContent { (bytes) throws(P2PCopyError) in
        try loan.context.update(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[..<byteCount])))
        return try loan.context.finish()
      }
      files.append(PreparedPack.File(end: end, offset: offset, isIntact: digest == end.digest))
      rest.moveReaderIndex(forwardBy: byteCount)
    }
    digests.giveBack(loan)
    return files
  }

  private func result<Value>(_ body: () throws(P2PCopyError) -> Value) -> Result<Value, P2PCopyError> {
    do {
      return .success(try body())
    } catch {
      return .failure(error)
    }
  }
}

extension ByteBuffer {
  /// Calls `body` with the readable bytes.
  func withContent<Result>(
    _ body: (UnsafeRawBufferPointer) throws(P2PCopyError) -> Result
  ) throws(P2PCopyError) -> Result {
    try withUnsafeReadableBytes(body)
  }
}
