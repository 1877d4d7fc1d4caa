import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// Reads, digests and compresses small files that travel together; any worker may prepare any pack.
struct PackPreparation: Sendable {
  private let settings: SendSettings
  /// Whether packs are worth compressing, as far as those before showed.
  private let compression: FileCompression

  init(_ settings: SendSettings) {
    self.settings = settings
    compression = FileCompression(settings.compressionMode)
  }

  private var buffers: MessageBufferPool { settings.buffers }

  /// Prepares a pack.
  ///
  /// - Returns: The pack, and what became of each of its files.
  /// - Throws: ``P2PCopyError`` when the session cannot go on, or `CancellationError`.
  func prepare(_ pack: Unit.Pack) async throws -> PreparedUnit {
    var record = buffers.takeBulkRecord()
    var results: [(position: Int, outcome: PreparedUnit.PackOutcome)] = []
    results.reserveCapacity(pack.positions.count)
    var slack = slack(of: pack.positions, of: pack.page)
    let changed = try append(pack.positions, of: pack.page, to: &record, slack: &slack, &results)
    if !changed.isEmpty {
      try await Task.sleep(for: P2PCopyError.sourceChangePause)
      let again = try append(changed.map(\.position), of: pack.page, to: &record, slack: &slack, &results)
      results += again.map { ($0.position, .failed($0.error)) }
    }
    guard record.readableBytes > RecordHeader.byteCount + BulkHeader.byteCount, let first = pack.positions.first else {
      buffers.recycle(record)
      return .pack(nil, results)
    }
    try finishPack(&record, from: first, of: pack.page)
    return .pack(OutgoingMessage(record), results)
  }

  /// Prepares a pack again whose record was lost after it had been sent.
  ///
  /// - Parameters:
  ///   - results: What preparing it gave: the files that are in it, as they were sent.
  ///   - page: Their page.
  /// - Returns: A record of the same files. One that is not what was sent any more is an empty one with a digest that nothing
  ///   has: it fails at the receiver, which says so.
  /// - Throws: ``P2PCopyError`` when the session cannot go on.
  func prepareAgain(
    _ results: [(position: Int, outcome: PreparedUnit.PackOutcome)], of page: SourcePages.Page
  ) throws -> ByteBuffer {
    let files = results.compactMap { result in
      if case .packed(let sent) = result.outcome { (position: result.position, sent: sent) } else { nil }
    }
    var record = buffers.takeBulkRecord()
    let loan = try settings.digests.borrow()
    defer { settings.digests.giveBack(loan) }
    var slack = slack(of: files.map(\.position), of: page)
    for (position, sent) in files {
      let start = record.writerIndex
      var again: DeliveredEntry?
      do throws(P2PCopyError) {
        again = try append(position, of: page, to: &record, slack: &slack, loan.context)
      } catch {
        guard error.scope == .entry else { throw error }
      }
      guard again?.digest != sent.digest || again?.byteCount != sent.byteCount else { continue }
      record.moveWriterIndex(to: start)
      FileEnd(
        index: page.index(of: position), byteCount: 0, metadata: nil,
        digest: [UInt8](repeating: 0, count: settings.digests.digest.byteCount)
      ).write(to: &record)
    }
    try finishPack(&record, from: files.first?.position ?? 0, of: page)
    return record
  }

  /// Appends small files to a pack, and what became of each to the results.
  ///
  /// - Returns: Those that changed while they were read, of which neither has anything.
  private func append(
    _ positions: [Int], of page: SourcePages.Page, to record: inout ByteBuffer, slack: inout Int64,
    _ results: inout [(position: Int, outcome: PreparedUnit.PackOutcome)]
  ) throws -> [(position: Int, error: P2PCopyError)] {
    var changed: [(position: Int, error: P2PCopyError)] = []
    let loan = try settings.digests.borrow()
    defer { settings.digests.giveBack(loan) }
    for position in positions {
      try Task.checkCancellation()
      let (start, room) = (record.writerIndex, slack)
      do throws(P2PCopyError) {
        if let delivered = try append(position, of: page, to: &record, slack: &slack, loan.context) {
          results.append((position, .packed(delivered)))
        } else {
          record.moveWriterIndex(to: start)
          results.append((position, .comesAlone))
        }
      } catch {
        guard error.code != .cancelled else { throw error }
        record.moveWriterIndex(to: start)
        slack = room
        if error.isSourceChange {
          changed.append((position, error))
        } else {
          results.append((position, .failed(error)))
        }
      }
    }
    return changed
  }

  /// What files have grown by since they were listed must come out of what their pack has left: so much.
  private func slack(of positions: [Int], of page: SourcePages.Page) -> Int64 {
    let listed = positions.reduce(0) { $0 + FileEnd.maximumByteCount + Int(page.entries[$1].listedByteCount) }
    return Int64(settings.chunkByteCount - listed)
  }

  /// Compresses a pack where that pays, and writes its header, in place: a second owner would make that a copy of it all.
  private func finishPack(
    _ record: inout ByteBuffer, from position: Int, of page: SourcePages.Page
  ) throws {
    let rawByteCount = record.readableBytes - RecordHeader.byteCount - BulkHeader.byteCount
    var isCompressed = false
    if let compressor = settings.compression, compression.isCompressing {
      (record, isCompressed) = try compressor.compress(record, below: compression.worthwhileRatio)
      compression.record(isFirst: false, paid: isCompressed)
    }
    BulkHeader(
      kind: .pack, isCompressed: isCompressed, rawByteCount: rawByteCount, index: page.index(of: position)
    ).write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
  }

  /// Appends a small file: `FileEnd`, then its bytes.
  ///
  /// - Returns: The file as it is sent; `nil` when there is no room for it.
  private func append(
    _ position: Int, of page: SourcePages.Page, to record: inout ByteBuffer, slack: inout Int64,
    _ digest: any DigestContext
  ) throws(P2PCopyError) -> DeliveredEntry? {
    let entry = page.entries[position]
    let content = try settings.source.open(entry)
    let room = slack + entry.listedByteCount
    guard content.byteCount <= room else { return nil }
    let metadata = content.metadata
    let headIndex = record.writerIndex
    let placeholder = [UInt8](repeating: 0, count: settings.digests.digest.byteCount)
    var end = FileEnd(
      index: page.index(of: position), byteCount: content.byteCount,
      metadata: settings.keepsMetadata ? metadata : nil, digest: placeholder)
    end.write(to: &record)
    let dataIndex = record.writerIndex
    guard let byteCount = try append(content, to: &record, room: room) else { return nil }
    slack -= max(0, byteCount - entry.listedByteCount)
    end.byteCount = byteCount
    end.digest = try record.withBytes(from: dataIndex) { (data) throws(P2PCopyError) in
      try digest.update(data)
      return try digest.finish()
    }
    try content.checkUnchanged { try settings.digest(of: content).digest == end.digest }
    let endIndex = record.writerIndex
    record.moveWriterIndex(to: headIndex)
    end.write(to: &record)
    record.moveWriterIndex(to: endIndex)
    return entry.delivered(digest: end.digest, byteCount: byteCount, metadata: metadata)
  }

  /// Appends all that there is of a file, whatever its size says.
  ///
  /// - Returns: How many bytes; `nil` when it is more than there is room for, or has no offsets.
  private func append(
    _ content: any SourceContent, to record: inout ByteBuffer, room: Int64
  ) throws(P2PCopyError) -> Int64? {
    // What is made up at the moment it is read may be had at one go only, and says mostly 0.
    if content.byteCount == 0 { return try record.appendAll(of: content, room: room) }
    guard let count = try record.read(content, byteCount: Int(content.byteCount), at: 0) else { return nil }
    if count < content.byteCount {
      guard try content.maySayTooMuch() else { throw content.changed }
      return Int64(count)
    }
    return try content.hasMore(behind: content.byteCount) ? nil : content.byteCount
  }
}
