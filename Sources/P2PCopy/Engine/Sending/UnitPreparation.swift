import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// Reads, digests and compresses units; any worker may prepare any unit.
package struct UnitPreparation: Sendable {
  let settings: SendSettings
  let packs: PackPreparation

  package init(_ settings: SendSettings) {
    self.settings = settings
    packs = PackPreparation(settings)
  }

  private var buffers: MessageBufferPool { settings.buffers }

  /// Prepares a unit.
  ///
  /// - Throws: ``P2PCopyError`` when the session cannot go on; what concerns one file is in the result.
  package func prepare(_ unit: Unit) async throws -> PreparedUnit {
    switch unit {
    case .pack(let pack): try await packs.prepare(pack)
    case .chunk(let chunk): .chunk(try await record(of: chunk), chunk)
    }
  }

  // MARK: Chunks

  private func record(of chunk: Unit.Chunk) async throws -> OutgoingMessage? {
    let file = chunk.file
    var record = buffers.takeBulkRecord()
    var isReadable = file.error == nil
    if isReadable, chunk.byteCount > 0 {
      do throws(P2PCopyError) {
        let count = try record.read(file.content, byteCount: chunk.byteCount, at: chunk.offset)
        if count != chunk.byteCount {
          file.fail(file.content.changed)
          isReadable = false
        }
      } catch {
        file.fail(error)
        isReadable = false
      }
    }
    var isPresent = false
    if isReadable, chunk.byteCount > 0 {
      isPresent = try record.withBulkData { (data) throws(P2PCopyError) in
        try file.takeChunk(chunk, data, settings.digests)
      }
    }
    var isCompressed = false
    var isTried = false
    try await file.inTurn(chunk.number) { digest in
      guard isReadable else { return }
      if let digest { try record.withBulkData { (data) throws(P2PCopyError) in try digest.update(data) } }
      if chunk.isLast { try file.finishDigest(settings) }
      // The first chunk decides for those behind it.
      guard !isPresent, chunk.number == 0, let compression = settings.compression, file.compression.isCompressing else {
        return
      }
      isTried = true
      (record, isCompressed) = try compression.compress(record, below: file.compression.worthwhileRatio)
      file.compression.record(isFirst: true, paid: isCompressed)
    }
    guard isReadable, !isPresent, chunk.byteCount > 0 else {
      buffers.recycle(record)
      return nil
    }
    if !isTried, let compression = settings.compression, file.compression.isCompressing {
      (record, isCompressed) = try compression.compress(record, below: file.compression.worthwhileRatio)
      file.compression.record(isFirst: false, paid: isCompressed)
    }
    BulkHeader(
      kind: .chunk, isCompressed: isCompressed, rawByteCount: chunk.byteCount, index: file.index,
      offset: UInt64(chunk.offset)
    ).write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
    return OutgoingMessage(record)
  }

  // MARK: Again

  /// Prepares a piece of a file again whose record was lost after it had been sent.
  ///
  /// - Returns: A record of as many bytes. What cannot be read any more, or has changed, gives others: the file's digest shows
  ///   that at the receiver.
  /// - Throws: ``P2PCopyError`` when the session cannot go on.
  func prepareAgain(_ chunk: Unit.Chunk) async throws -> ByteBuffer {
    let chunk = Unit.Chunk(
      file: chunk.file, number: chunk.number, offset: chunk.offset, byteCount: chunk.byteCount, isLast: chunk.isLast)
    if let record = try await record(of: chunk) { return record.take() }
    var record = buffers.takeBulkRecord()
    record.writeRepeatingByte(0, count: chunk.byteCount)
    BulkHeader(kind: .chunk, rawByteCount: chunk.byteCount, index: chunk.file.index, offset: UInt64(chunk.offset))
      .write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
    return record
  }
}
