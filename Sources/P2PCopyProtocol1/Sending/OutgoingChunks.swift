import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Sends one file: header, chunks, end.
///
/// Chunks are read and compressed by a few tasks side by side; they are chained, sealed and sent in order by the
/// session's task.
struct OutgoingChunks {
  /// How many chunks are prepared ahead.
  static let window = 4

  let connection: Protocol1Connection
  let monitor: TransferMonitor
  let compression: CompressionMode
  let contexts: CompressionContexts?
  let file: OpenSourceFile
  let offset: Int64

  private var checksum = ChainedChecksum()
  private var sequenceNumber: UInt64 = 0

  init(
    of file: OpenSourceFile, from offset: Int64, to connection: Protocol1Connection, compression: CompressionMode,
    contexts: CompressionContexts?, monitor: TransferMonitor
  ) {
    self.file = file
    self.offset = offset
    self.connection = connection
    self.compression = compression
    self.contexts = contexts
    self.monitor = monitor
  }

  /// Sends everything from the offset on.
  ///
  /// - Throws: ``P2PCopyError`` whose scope is the entry when the file itself could not be sent whole: the session is in
  ///   order then and goes on with the next. Anything else ends the session.
  mutating func run() async throws {
    let remaining = file.byteCount - offset
    let firstByteCount = Int(min(remaining, Int64(Protocol1Suite.maximumChunkByteCount)))
    let (first, chosen) = try prepareFirst(byteCount: firstByteCount)
    monitor.beginFile(file.source.path, byteCount: file.byteCount, resumedByteCount: offset)
    try await connection.send(
      .file(
        FileHeader(
          path: file.source.path.bytes, byteCount: file.byteCount,
          compression: chosen?.compressor.name ?? .none, appendFrom: offset)))
    do {
      let preparation = ChunkPreparation(file: file, buffers: connection.transportConnection.buffers, contexts: chosen)
      let isWhole = Int64(firstByteCount) == remaining
      try await emit(first, expecting: firstByteCount, endOf: isWhole ? preparation : nil)
      try await sendRest(preparation, from: offset + Int64(firstByteCount))
    } catch let error as SystemError {
      try await interrupt(OpenSourceFile.explain(error, file.source))
    } catch let error as P2PCopyError where error.scope == .entry {
      try await interrupt(error)
    }
    try await connection.send(.fileEnd)
  }

  /// Reads everything again and says whether that gives the same payloads.
  private func readsTheSame(_ preparation: ChunkPreparation) throws -> Bool {
    var again = ChainedChecksum()
    var start = offset
    repeat {
      try Task.checkCancellation()
      let byteCount = Int(min(file.byteCount - start, Int64(Protocol1Suite.maximumChunkByteCount)))
      let chunk = try preparation.prepare(offset: start, byteCount: byteCount)
      guard chunk.rawByteCount == byteCount else { return false }
      let message = chunk.message.take()
      message.withUnsafeReadableBytes { bytes in
        _ = again.update(with: UnsafeRawBufferPointer(rebasing: bytes[RecordHeader.byteCount...]))
      }
      connection.transportConnection.buffers.recycle(message)
      start += Int64(byteCount)
    } while start < file.byteCount
    return again.current == checksum.current
  }

  /// Ends the file early, in a way that a receiver can tell: by the size it does not have. Ours goes on with the next
  /// file; the Python tool's stops.
  private func interrupt(_ error: P2PCopyError) async throws {
    try await connection.send(.fileEnd)
    throw error
  }

  /// Reads the first chunk and decides by it whether the file is compressed.
  private func prepareFirst(byteCount: Int) throws -> (PreparedChunk, CompressionContexts?) {
    let preparation = ChunkPreparation(file: file, buffers: connection.transportConnection.buffers, contexts: nil)
    let raw: PreparedChunk
    do {
      raw = try preparation.read(offset: offset, byteCount: byteCount)
    } catch let error as SystemError {
      throw OpenSourceFile.explain(error, file.source)
    }
    guard let contexts, compression != .off else { return (raw, nil) }
    let threshold = compression == .auto ? Protocol1Suite.worthwhileRatio : nil
    let (chunk, isCompressed) = try preparation.compressed(raw, contexts, below: threshold)
    return (chunk, isCompressed ? contexts : nil)
  }

  private mutating func sendRest(_ preparation: ChunkPreparation, from start: Int64) async throws {
    let chunkByteCount = Int64(Protocol1Suite.maximumChunkByteCount)
    let remaining = file.byteCount - start
    guard remaining > 0 else { return }
    let count = Int((remaining - 1) / chunkByteCount) + 1
    let byteCounts = { (index: Int) in Int(min(chunkByteCount, remaining - Int64(index) * chunkByteCount)) }

    try await withThrowingTaskGroup(of: (Int, PreparedChunk).self) { group in
      var started = 0
      var sent = 0
      var early: [Int: PreparedChunk] = [:]
      while sent < count {
        // Where the receiver takes everything at once, nothing here waits and would notice.
        try Task.checkCancellation()
        while started < count, started - sent < Self.window {
          let index = started
          let byteCount = byteCounts(index)
          group.addTask {
            (index, try preparation.prepare(offset: start + Int64(index) * chunkByteCount, byteCount: byteCount))
          }
          started += 1
        }
        if let chunk = early.removeValue(forKey: sent) {
          try await emit(chunk, expecting: byteCounts(sent), endOf: sent == count - 1 ? preparation : nil)
          sent += 1
        } else if let (index, chunk) = try await group.next() {
          early[index] = chunk
        }
      }
    }
  }

  /// Sends a chunk. The last one only if the file is still what it was: without it the receiver knows that the file is not
  /// whole.
  ///
  /// - Parameters:
  ///   - chunk: The chunk.
  ///   - byteCount: How many raw bytes it is to have.
  ///   - preparation: What all chunks came from, with the last one.
  /// - Throws: What ends the session, or the file.
  private mutating func emit(
    _ chunk: PreparedChunk, expecting byteCount: Int, endOf preparation: ChunkPreparation?
  ) async throws {
    guard chunk.rawByteCount == byteCount else { throw file.changed }
    var message = chunk.message.take()
    let chain = message.withUnsafeReadableBytes { bytes in
      checksum.update(with: UnsafeRawBufferPointer(rebasing: bytes[RecordHeader.byteCount...]))
    }
    if let preparation { try file.checkUnchanged { try readsTheSame(preparation) } }
    RecordHeader(sequenceNumber: sequenceNumber, chain: chain).write(to: &message, at: message.readerIndex)
    try connection.security?.sealPayload(of: &message)
    sequenceNumber += 1
    try await connection.send(consume message)
    monitor.advance(by: byteCount)
  }
}
