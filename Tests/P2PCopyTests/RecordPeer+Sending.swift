import NIOCore
import P2PCopy
import P2PCopyWire

extension RecordPeer {
  // MARK: What a sender sends

  func send(
    bulk kind: RecordKind, _ data: [UInt8], index: UInt64, offset: UInt64 = 0, announcing rawByteCount: Int? = nil,
    isCompressed: Bool = false
  ) async throws {
    try await send { body in
      body.writeRepeatingByte(0, count: BulkHeader.byteCount)
      body.writeBytes(data)
      BulkHeader(
        kind: kind, isCompressed: isCompressed, rawByteCount: rawByteCount ?? data.count, index: index, offset: offset
      ).write(to: &body, at: 0)
    }
  }

  func send(page entries: [PageEntry], first: UInt64 = 0) async throws {
    var page = ByteBuffer()
    ManifestPage(firstIndex: first, entries: entries).write(to: &page)
    try await send(bulk: .page, Array(page.readableBytesView), index: first)
  }

  func send(chunk data: [UInt8], of index: UInt64, at offset: UInt64, announcing rawByteCount: Int? = nil) async throws
  {
    try await send(bulk: .chunk, data, index: index, offset: offset, announcing: rawByteCount)
  }

  func send(pack files: [(index: UInt64, content: [UInt8])]) async throws {
    try await send(packBody: TestPack.body(files))
  }

  func send(packBody: [UInt8]) async throws {
    try await send(bulk: .pack, packBody, index: 0)
  }

  func sendFileEnd(_ index: UInt64, _ content: [UInt8], byteCount: Int64? = nil) async throws {
    try await send(
      FileEnd(
        index: index, byteCount: byteCount ?? Int64(content.count), metadata: nil, digest: TestDigests.xxh128(content)
      ).writeRecord)
  }

  func sendFailure(of index: UInt64) async throws {
    try await send { body in
      body.writeInteger(RecordKind.fileFailed.rawValue)
      EntryFailureNotice(index: index, code: .sourceUnreadable, message: "gone").write(to: &body)
    }
  }

  func sendAgain(_ index: UInt64) async throws {
    try await send(FileAgain(index: index).writeRecord)
  }

  func sendPageEnd(_ firstIndex: UInt64) async throws {
    try await send { body in
      body.writeInteger(RecordKind.pageEnd.rawValue)
      body.writeInteger(firstIndex)
    }
  }

  /// Ends the only page and everything.
  func finishPages(delivering entries: [TestDelivery]) async throws {
    try await sendPageEnd(0)
    _ = try await receivePageReceipt()
    try await sendEnd(entries)
  }

  func sendEnd(_ entries: [TestDelivery], extraByteCount: UInt64 = 0) async throws {
    var (totals, treeDigest) = TestDelivery.totals(of: entries)
    totals.bytes += extraByteCount
    try await send(.end(totals, treeDigest: treeDigest, failureCount: 0))
  }

  // MARK: What a receiver sends

  func send(
    chunkDigests digests: [[UInt8]], _ reason: ChunkDigests.Reason = .isContinued, of index: UInt64,
    from first: UInt64 = 0
  ) async throws {
    try await send(
      ChunkDigests(
        reason, index: index, firstChunk: first, digestByteCount: digests.first?.count ?? 1,
        digests: Array(digests.joined())
      ).writeRecord)
  }

  private func receive(_ kind: RecordKind) async throws -> ByteBuffer {
    let body = try await receive()
    guard body.first == kind.rawValue else {
      throw P2PCopyError(.protocolViolation, String(decoding: body.prefix(300), as: UTF8.self))
    }
    return ByteBuffer(bytes: body.dropFirst())
  }

  func receiveAnswer() async throws -> PageAnswer {
    var body = try await receive(.answer)
    return try PageAnswer(readingFrom: &body)
  }

  func receivePageReceipt() async throws -> PageReceipt {
    var body = try await receive(.pageReceipt)
    return try PageReceipt(readingFrom: &body)
  }

  func receiveChunkDigests() async throws -> ChunkDigests {
    var body = try await receive(.chunkDigests)
    return try ChunkDigests(readingFrom: &body, digestByteCount: 16)
  }
}
