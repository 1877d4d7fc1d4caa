package import P2PCopyCore

/// A digest of two levels: that of content of at most one chunk is the inner digest of the content, that of any other is the
/// inner digest of the inner digests of its chunks, one behind the other.
package struct ChunkedDigest: Digest {
  private let inner: any Digest
  private let chunkByteCount: Int

  /// - Parameters:
  ///   - inner: The digest of chunks.
  ///   - chunkByteCount: The size of all chunks but the last, at least 1.
  package init(of inner: any Digest, chunkByteCount: Int) {
    self.inner = inner
    self.chunkByteCount = chunkByteCount
  }

  /// Whether the digests of files are of two levels with a digest: lists of checksums need that of the whole file.
  package static func isMade(of name: CodecName) -> Bool { name != DeliveryLog.checksumsDigest }

  package var name: CodecName { inner.name }
  package var summary: String { inner.summary }
  package var byteCount: Int { inner.byteCount }

  package func makeContext() throws(P2PCopyError) -> any DigestContext {
    Context(try inner.makeContext(), inner, chunkByteCount)
  }

  private final class Context: DigestContext {
    private let chunk: any DigestContext
    private let inner: any Digest
    private let chunkByteCount: Int
    /// Takes the chunks' digests; made when there is more than one, which most files have not.
    private var chunks: (any DigestContext)?
    private var hasSeveral = false
    private var room: Int

    init(_ chunk: any DigestContext, _ inner: any Digest, _ chunkByteCount: Int) {
      self.chunk = chunk
      self.inner = inner
      self.chunkByteCount = chunkByteCount
      room = chunkByteCount
    }

    func update(_ bytes: RawSpan) throws(P2PCopyError) {
      var offset = 0
      while offset < bytes.byteCount {
        if room == 0 {
          try endChunk()
          room = chunkByteCount
        }
        let count = min(room, bytes.byteCount - offset)
        try chunk.update(bytes.extracting(offset..<(offset + count)))
        room -= count
        offset += count
      }
    }

    func finish() throws(P2PCopyError) -> [UInt8] {
      room = chunkByteCount
      guard hasSeveral, let chunks else { return try chunk.finish() }
      try endChunk()
      hasSeveral = false
      return try chunks.finish()
    }

    private func endChunk() throws(P2PCopyError) {
      let chunks = if let chunks { chunks } else { try inner.makeContext() }
      self.chunks = chunks
      hasSeveral = true
      let digest = try chunk.finish()
      try chunks.update(digest.span.bytes)
    }
  }
}
