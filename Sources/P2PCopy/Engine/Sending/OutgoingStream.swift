import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// A file that comes by itself, read by one worker from its beginning to its end: a stream, one whose size says nothing, or
/// one that comes once more, since it changed while it was sent or arrived damaged.
///
/// Safe to pass between tasks although it has state: one worker at a time reads from it.
final class OutgoingStream: @unchecked Sendable {
  /// What has come is sent when nothing more comes for this time, in milliseconds.
  private static let patience: Int32 = 100

  /// What reading on gave.
  enum Piece: Sendable {
    /// The next record, and how many raw bytes it has.
    case data(OutgoingMessage, byteCount: Int)
    /// The end.
    case end(FileEnd, DeliveredEntry)
    /// It cannot be read.
    case failed(P2PCopyError)
  }

  /// Why a file comes by itself.
  enum Reason: Sendable {
    /// Its size is known at its end only.
    case size
    /// It changed while it was sent.
    case change
    /// What arrived of it differs: only the chunks that do are sent.
    case damage(FilePrefix)
  }

  let position: Int
  private let index: UInt64
  private let entry: SourceEntry
  private let settings: SendSettings
  private let digestLoan: DigestContexts.Loan
  private let compression: FileCompression
  private let reason: Reason
  private var content: (any SourceContent)?
  /// Where it ends, when its size tells and it has offsets.
  private var end: UInt64?
  private var offset: UInt64 = 0

  /// - Parameters:
  ///   - position: Its position in the page.
  ///   - page: The page.
  ///   - reason: Why it comes by itself.
  ///   - settings: What was agreed.
  /// - Throws: ``P2PCopyError`` when no digest can be made.
  init(
    _ position: Int, of page: SourcePages.Page, _ reason: Reason, _ settings: SendSettings
  ) throws(P2PCopyError) {
    self.position = position
    self.reason = reason
    index = page.index(of: position)
    entry = page.entries[position]
    self.settings = settings
    digestLoan = try settings.digests.borrow()
    compression = FileCompression(settings.compressionMode)
  }

  /// Whether it can come once more if it changes: a stream is there once.
  var mayComeAgain: Bool {
    if case .size = reason { entry.kind != .stream } else { false }
  }

  /// What arrived of it, if that is why it comes.
  var damage: FilePrefix? {
    if case .damage(let arrived) = reason { arrived } else { nil }
  }

  /// How much was given; `nil` while nothing was. Not while it is read on.
  var sentByteCount: Int64? { offset > 0 ? Int64(clamping: offset) : nil }

  /// Reads what comes next, and waits for it.
  ///
  /// - Throws: ``P2PCopyError`` when the session cannot go on, or `CancellationError`.
  func next() async throws -> Piece {
    do {
      if content == nil, case .change = reason { try await Task.sleep(for: P2PCopyError.sourceChangePause) }
      let content = try opened()
      while true {
        var record = settings.buffers.takeBulkRecord()
        let byteCount = try await read(content, into: &record)
        guard byteCount > 0 else {
          settings.buffers.recycle(record)
          return try end(of: content)
        }
        try record.withBulkData { (data) throws(P2PCopyError) in try digestLoan.context.update(data) }
        guard try hasArrived(record) else { return try .data(prepare(record, byteCount), byteCount: byteCount) }
        settings.buffers.recycle(record)
        offset += UInt64(byteCount)
        await Task.yield()
      }
    } catch let error as P2PCopyError where error.scope == .entry {
      return .failed(error)
    }
  }

  /// Whether the receiver has a piece already.
  private func hasArrived(_ record: ByteBuffer) throws(P2PCopyError) -> Bool {
    guard let damage, let there = damage.digest(ofChunk: Int64(clamping: offset) / Int64(settings.chunkByteCount))
    else {
      return false
    }
    return try record.withBulkData { (data) throws(P2PCopyError) in
      try settings.digests.digest(ofChunk: data) == there
    }
  }

  private func opened() throws(P2PCopyError) -> any SourceContent {
    if let content { return content }
    let content = try settings.source.open(entry)
    // One that may grow faster than it is sent would have no end otherwise.
    if case .size = reason {} else if try content.hasReliableSize() { end = UInt64(clamping: content.byteCount) }
    self.content = content
    return content
  }

  private func read(_ content: any SourceContent, into record: inout ByteBuffer) async throws -> Int {
    let wanted = end.map { Int(min(UInt64(settings.chunkByteCount), $0 - offset)) } ?? settings.chunkByteCount
    guard wanted > 0 else { return 0 }
    var covered = 0
    // Of a file every chunk but the last has the same size, whatever the system gives at a time.
    repeat {
      let count = try await readSome(
        content, into: &record, byteCount: wanted - covered, at: Int64(offset) + Int64(covered))
      if count == 0 { break }
      covered += count
    } while covered < wanted && entry.kind != .stream
    return covered
  }

  private func readSome(
    _ content: any SourceContent, into record: inout ByteBuffer, byteCount: Int, at offset: Int64
  ) async throws -> Int {
    while true {
      try Task.checkCancellation()
      var failure: P2PCopyError?
      var isEmptyNow = false
      let count = record.writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount) { memory in
        do throws(P2PCopyError) {
          let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
          if end != nil, let count = try content.read(into: part, at: offset) { return count }
          guard let count = try content.readNext(into: part, patience: Self.patience) else {
            isEmptyNow = true
            return 0
          }
          return count
        } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      guard isEmptyNow else { return count }
      // Others have work to do on this thread while nothing comes.
      await Task.yield()
    }
  }

  private func prepare(_ raw: consuming ByteBuffer, _ byteCount: Int) throws -> OutgoingMessage {
    var record = raw
    var isCompressed = false
    if let compressor = settings.compression, compression.isCompressing {
      (record, isCompressed) = try compressor.compress(record, below: compression.worthwhileRatio)
      compression.record(isFirst: offset == 0, paid: isCompressed)
    }
    BulkHeader(kind: .chunk, isCompressed: isCompressed, rawByteCount: byteCount, index: index, offset: offset)
      .write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
    offset += UInt64(byteCount)
    return OutgoingMessage(record)
  }

  /// Sees to it that a file was read whole and as it was.
  private func end(of content: any SourceContent) throws -> Piece {
    let digest = try digestLoan.context.finish()
    settings.digests.giveBack(digestLoan)
    let byteCount = Int64(offset)
    if byteCount < content.byteCount, try !content.maySayTooMuch() { throw content.changed }
    try content.checkUnchanged { try settings.digest(of: content).digest == digest }
    let metadata = content.metadata
    return .end(
      FileEnd(
        index: index, byteCount: byteCount, metadata: settings.keepsMetadata ? metadata : nil, digest: digest),
      entry.delivered(digest: digest, byteCount: byteCount, metadata: metadata))
  }
}
