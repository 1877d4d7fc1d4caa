import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Reads, digests and compresses units; any worker may prepare any unit.
struct UnitPreparation: Sendable {
  let buffers: MessageBufferPool
  let settings: SendSettings
  let entries: [SourceEntry]
  let firstIndex: UInt64
  /// Whether packs are worth compressing, as far as those before showed.
  let packCompression: FileCompression

  /// Prepares a unit.
  ///
  /// - Throws: ``P2PCopyError`` when the session cannot go on; what concerns one file is in the result.
  func prepare(_ unit: UploadUnit) async throws -> PreparedUnit {
    switch unit {
    case .pack(let positions): return try pack(positions)
    case .chunk(let file, let number, let offset, let byteCount, let isLast):
      let record = try await chunk(of: file, number: number, offset: offset, byteCount: byteCount, isLast: isLast)
      return .chunk(file, record, byteCount: byteCount, isLast: isLast)
    case .alone(let position): return .alone(position: position)
    case .failure(let position, let error): return .failure(position: position, error)
    }
  }

  // MARK: Chunks

  private func chunk(
    of file: OutgoingFile, number: Int, offset: Int64, byteCount: Int, isLast: Bool
  ) async throws -> OutgoingMessage? {
    var record = buffers.takeBulkRecord()
    var isReadable = file.error == nil
    if isReadable, byteCount > 0 {
      do throws(SystemError) {
        let count = try record.readFile(file.source.descriptor, byteCount: byteCount, at: offset)
        if count < byteCount {
          file.fail(file.source.changed)
          isReadable = false
        }
      } catch {
        file.fail(OpenSourceFile.explain(error, file.source.source))
        isReadable = false
      }
    }
    await file.turnstile.pass(number)
    let isFirst = number == 0
    var isCompressed = false
    var isTried = false
    do {
      // Whatever happens in here, those behind must be let through.
      defer { file.turnstile.advance() }
      if isReadable {
        try record.withBulkData { (data) throws(P2PCopyError) in try file.digestLoan.context.update(data) }
        if isLast { file.digest = try file.digestLoan.context.finish() }
      }
      // The first chunk decides for those behind it.
      if isReadable, isFirst, let compression = settings.compression, file.compression.isCompressing {
        isTried = true
        (record, isCompressed) = try compression.compress(record, below: file.compression.worthwhileRatio)
        file.compression.record(isFirst: true, paid: isCompressed)
      }
    }
    guard isReadable, byteCount > 0 else {
      buffers.recycle(record)
      return nil
    }
    if !isTried, let compression = settings.compression, file.compression.isCompressing {
      (record, isCompressed) = try compression.compress(record, below: file.compression.worthwhileRatio)
      file.compression.record(isFirst: false, paid: isCompressed)
    }
    BulkHeader(
      kind: .chunk, isCompressed: isCompressed, rawByteCount: byteCount, index: file.index, offset: UInt64(offset)
    ).write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
    return OutgoingMessage(record)
  }

  // MARK: Packs

  private func pack(_ positions: [Int]) throws -> PreparedUnit {
    var record = buffers.takeBulkRecord()
    var results: [PreparedUnit.PackResult] = []
    results.reserveCapacity(positions.count)
    let loan = try settings.digests.borrow()
    defer { settings.digests.giveBack(loan) }
    // What files have grown by since they were listed must come out of what the pack has left.
    let listed = positions.reduce(0) { $0 + FileEnd.maximumByteCount + Int(entries[$1].listedByteCount) }
    var slack = Int64(settings.chunkByteCount - listed)
    for position in positions {
      try Task.checkCancellation()
      let start = record.writerIndex
      do throws(P2PCopyError) {
        if let delivered = try append(position, to: &record, slack: &slack, loan.context) {
          results.append(PreparedUnit.PackResult(position: position, outcome: .packed(delivered)))
        } else {
          record.moveWriterIndex(to: start)
          results.append(PreparedUnit.PackResult(position: position, outcome: .comesAlone))
        }
      } catch {
        guard error.code != .cancelled else { throw error }
        record.moveWriterIndex(to: start)
        results.append(PreparedUnit.PackResult(position: position, outcome: .failed(error)))
      }
    }
    let rawByteCount = record.readableBytes - RecordHeader.byteCount - BulkHeader.byteCount
    guard rawByteCount > 0, let first = positions.first else {
      buffers.recycle(record)
      return .pack(nil, results)
    }
    var isCompressed = false
    if let compression = settings.compression, packCompression.isCompressing {
      (record, isCompressed) = try compression.compress(record, below: packCompression.worthwhileRatio)
      packCompression.record(isFirst: false, paid: isCompressed)
    }
    BulkHeader(
      kind: .pack, isCompressed: isCompressed, rawByteCount: rawByteCount, index: firstIndex + UInt64(first)
    ).write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
    return .pack(OutgoingMessage(record), results)
  }

  /// Appends a small file: `FileEnd`, then its bytes.
  ///
  /// - Returns: The file as it is sent; `nil` when there is no room for it.
  private func append(
    _ position: Int, to record: inout ByteBuffer, slack: inout Int64, _ digest: any DigestContext
  ) throws(P2PCopyError) -> DeliveredEntry? {
    let entry = entries[position]
    let file = try OpenSourceFile(opening: entry)
    let room = slack + entry.listedByteCount
    guard file.byteCount <= room else { return nil }
    let metadata = settings.keepsMetadata ? file.metadata : nil
    let headIndex = record.writerIndex
    let placeholder = [UInt8](repeating: 0, count: settings.digestByteCount)
    var end = FileEnd(
      index: firstIndex + UInt64(position), byteCount: file.byteCount, metadata: metadata, digest: placeholder)
    end.write(to: &record)
    let dataIndex = record.writerIndex
    guard let byteCount = try appendContent(of: file, to: &record, room: room) else { return nil }
    slack -= max(0, byteCount - entry.listedByteCount)
    end.byteCount = byteCount
    end.digest = try record.withBytes(from: dataIndex) { (data) throws(P2PCopyError) in
      try digest.update(data)
      return try digest.finish()
    }
    try file.checkUnchanged { try settings.digest(of: file).digest == end.digest }
    let endIndex = record.writerIndex
    record.moveWriterIndex(to: headIndex)
    end.write(to: &record)
    record.moveWriterIndex(to: endIndex)
    return entry.delivered(digest: end.digest, byteCount: byteCount, metadata: file.metadata)
  }

  /// Appends all that there is of a file, whatever its size says.
  ///
  /// - Returns: How many bytes; `nil` when it is more than there is room for.
  private func appendContent(
    of file: OpenSourceFile, to record: inout ByteBuffer, room: Int64
  ) throws(P2PCopyError) -> Int64? {
    let count: Int
    do throws(SystemError) {
      // What is made up at the moment it is read may be had at one go only, and says mostly 0.
      if file.byteCount == 0 { return try record.appendAll(of: file.descriptor, room: room) }
      count = try record.readFile(file.descriptor, byteCount: Int(file.byteCount), at: 0)
    } catch {
      // What has no offsets is read from its beginning to its end.
      if error.number == ESPIPE { return nil }
      throw OpenSourceFile.explain(error, file.source)
    }
    if count < file.byteCount {
      guard try file.maySayTooMuch() else { throw file.changed }
      return Int64(count)
    }
    return try file.hasMore(behind: file.byteCount) ? nil : file.byteCount
  }
}

extension ByteBuffer {
  /// Appends all that there is of a file that says it is empty.
  ///
  /// - Returns: How many bytes; `nil` when it is more than there is room for, or than is looked at here.
  mutating func appendAll(
    of descriptor: borrowing P2PCopyFiles.FileDescriptor, room: Int64
  ) throws(SystemError) -> Int64? {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { memory.deallocate() }
    let count = try descriptor.read(into: memory, at: 0)
    guard count < memory.count, count <= room else { return nil }
    writeBytes(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    return Int64(count)
  }

  /// Calls `body` with the data of a bulk record.
  func withBulkData<Result>(_ body: (RawSpan) throws(P2PCopyError) -> Result) throws(P2PCopyError) -> Result {
    try withBytes(from: readerIndex + RecordHeader.byteCount + BulkHeader.byteCount, body)
  }

  /// Calls `body` with the bytes from an index to the end.
  func withBytes<Result>(
    from index: Int, _ body: (RawSpan) throws(P2PCopyError) -> Result
  ) throws(P2PCopyError) -> Result {
    do {
      return try withUnsafeReadableBytes { bytes in
        try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[(index - readerIndex)...])))
      }
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.internalError, "reading a buffer failed", cause: error)
    }
  }
}
