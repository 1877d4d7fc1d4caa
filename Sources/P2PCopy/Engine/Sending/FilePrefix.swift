package import P2PCopyCore
package import P2PCopyWire
import Synchronization

/// What of a file the receiver has, as it says, chunk by chunk: the digests come while other parts of the file are being sent.
package final class FilePrefix: Sendable {
  /// How much of the file it is, from the beginning: whole chunks, or all of a file of the listed size.
  package let byteCount: Int64

  private let chunkCount: Int64
  private let digestByteCount: Int
  private let digests = Mutex<[UInt8]>([])

  /// - Parameters:
  ///   - byteCount: How much the receiver has, by what it says.
  ///   - chunkCount: Of how many chunks digests are to come.
  ///   - digestByteCount: The length of a digest.
  package init(byteCount: Int64, chunkCount: Int64, digestByteCount: Int) {
    self.byteCount = byteCount
    self.chunkCount = chunkCount
    self.digestByteCount = digestByteCount
  }

  /// Takes the digests of the chunks that follow.
  ///
  /// - Returns: Whether all are here now.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation``: these are of other chunks.
  package func append(_ list: ChunkDigests) throws(P2PCopyError) -> Bool {
    let known = digests.withLock { digests -> Int64? in
      let known = Int64(digests.count / digestByteCount)
      guard list.firstChunk == UInt64(known), Int64(list.count) <= chunkCount - known else { return nil }
      digests += list.digests
      return known + Int64(list.count)
    }
    guard let known else {
      throw P2PCopyError(.protocolViolation, "the receiver sent digests of chunks that it was not about to say")
    }
    return known == chunkCount
  }

  /// The digest of a chunk; `nil` while it has not come.
  package func digest(ofChunk number: Int64) -> [UInt8]? {
    digests.withLock { digests in
      guard let number = Int(exactly: number), number < digests.count / digestByteCount else { return nil }
      return Array(digests[(number * digestByteCount)..<((number + 1) * digestByteCount)])
    }
  }
}
