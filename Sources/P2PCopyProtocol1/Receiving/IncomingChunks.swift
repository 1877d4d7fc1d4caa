import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyWire

/// One file being received: checks its chunks and writes them.
///
/// Used by the session's task alone.
final class IncomingChunks {
  /// Where the bytes go.
  enum Destination {
    /// Into a partial file.
    case file(PartialFile)
    /// Nowhere, since the file is not wanted or cannot be written; the sender sends it all the same.
    case nowhere(Outcome)
  }

  /// How the file ended.
  enum Outcome {
    /// It is in place, under this path.
    case complete(RelativePath)
    case skipped
    case failed(P2PCopyError)
  }

  let header: FileHeader
  private var destination: Destination
  private let decompression: (any DecompressionContext)?
  private let scratch: UnsafeMutableRawBufferPointer
  private var checksum = ChainedChecksum()
  private var sequenceNumber: UInt64 = 0
  private var offset: Int64

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - header: What the sender announced, checked.
  ///   - destination: Where its bytes go.
  ///   - decompression: What its chunks need, `nil` for raw ones.
  ///   - scratch: Room for one raw chunk, owned by the session.
  init(
    _ header: FileHeader, to destination: Destination, decompression: (any DecompressionContext)?,
    scratch: UnsafeMutableRawBufferPointer
  ) {
    self.header = header
    self.destination = destination
    self.decompression = decompression
    self.scratch = scratch
    offset = header.appendFrom
  }

  /// Takes one chunk: checks its number and chain, decompresses it, writes it.
  ///
  /// - Parameters:
  ///   - message: The chunk with its header, opened in an encrypted session.
  ///   - path: The file's name, safe to show.
  /// - Returns: How many raw bytes it held.
  /// - Throws: ``P2PCopyError``, which ends the session.
  func take(_ message: ByteBuffer, shown path: String) throws(P2PCopyError) -> Int {
    var message = message
    let chunk = try RecordHeader(readingFrom: &message)
    guard chunk.sequenceNumber == sequenceNumber else {
      throw P2PCopyError(
        .checksumMismatch,
        "chunk \(sequenceNumber) of '\(path)' was expected and \(chunk.sequenceNumber) came: data was lost or reordered"
      )
    }
    let payload = message
    let rawByteCount = try payload.withUnsafeReadableBytes { (bytes) throws(P2PCopyError) in
      guard checksum.update(with: bytes) == chunk.chain else {
        throw P2PCopyError(
          .checksumMismatch,
          "the checksum of chunk \(sequenceNumber) of '\(path)' does not fit: data was changed on the way",
          remedy: .resume)
      }
      return try write(bytes, shown: path)
    }
    sequenceNumber += 1
    return rawByteCount
  }

  /// Ends the file: gives it its name when it is complete.
  ///
  /// - Returns: How it went; a partial file stays when it is not complete.
  func finish(_ takenNames: TakenNames, shown path: String) -> Outcome {
    switch destination {
    case .nowhere(let outcome): return outcome
    case .file(let partial):
      guard offset == header.byteCount else {
        return .failed(
          P2PCopyError(
            .incomplete,
            "'\(path)' came with \(offset) of \(header.byteCount) bytes: the sender could not read it whole;"
              + " the part is kept and can be resumed",
            scope: .entry))
      }
      do {
        return .complete(try partial.place(takenNames).path)
      } catch {
        return .failed(error)
      }
    }
  }

  private func write(_ payload: UnsafeRawBufferPointer, shown path: String) throws(P2PCopyError) -> Int {
    guard let decompression else {
      try store(payload, shown: path)
      return payload.count
    }
    var output = OutputRawSpan(buffer: scratch, initializedCount: 0)
    try decompression.decompress(RawSpan(_unsafeBytes: payload), into: &output)
    let count = output.finalize(for: scratch)
    try store(UnsafeRawBufferPointer(rebasing: scratch[..<count]), shown: path)
    return count
  }

  private func store(_ bytes: UnsafeRawBufferPointer, shown path: String) throws(P2PCopyError) {
    guard bytes.count <= Protocol1Suite.maximumChunkByteCount else {
      throw P2PCopyError(
        .protocolViolation, "the sender sent \(bytes.count) bytes of '\(path)' in one chunk, and 1 MiB is allowed")
    }
    guard Int64(bytes.count) <= header.byteCount - offset else {
      throw P2PCopyError(
        .protocolViolation, "the sender sent more of '\(path)' than the \(header.byteCount) bytes it announced")
    }
    if case .file(let partial) = destination {
      do {
        try partial.write(bytes, at: offset)
      } catch {
        guard error.scope == .entry else { throw error }
        destination = .nowhere(.failed(error))
      }
    }
    offset += Int64(bytes.count)
  }
}
