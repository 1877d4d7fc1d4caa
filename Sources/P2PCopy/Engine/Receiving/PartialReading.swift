import NIOCore
import P2PCopyCore
package import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// What is there of a file, to be told to the sender chunk by chunk.
struct PartialQuestion: Sendable {
  let reason: ChunkDigests.Reason
  let index: UInt64
  let place: PlannedPlace
  /// Missing when nothing is there that could be gone on with: then nothing is the same.
  let content: PartialContent?
  /// How much of the file digests are wanted of.
  let byteCount: Int64
}

/// Reads what is there of files, a few pieces side by side, and tells the sender the digests of the chunks: it sends those that
/// it has other ones of. What is missing comes meanwhile.
///
/// Used by one task.
final class PartialReading {
  /// How many chunks a worker reads in one go.
  private static let pieceChunkCount: Int64 = 16

  private let delivery: Delivery
  private let settings: ReceiveSettings
  private let store: (any PartialStoring)?

  init(delivery: Delivery, settings: ReceiveSettings, store: (any PartialStoring)?) {
    self.delivery = delivery
    self.settings = settings
    self.store = store
  }

  /// Reads until there is nothing more to tell.
  func run(_ questions: BoundedQueue<PartialQuestion>) async throws {
    while let question = try await questions.next() { try await answer(question) }
  }

  private func answer(_ question: PartialQuestion) async throws {
    let chunkCount = max(1, settings.digests.chunkCount(of: question.byteCount))
    var partial: OpenPartial?
    if let content = question.content, let store {
      settings.monitor.emit(.checking(path: EntryPath(question.place.path)))
      partial = try ExistingFiles.unlessUnreadable { try store.open(question.place, content.start) }
    }
    var first: Int64 = 0
    while first < chunkCount {
      var pieces: [Range<Int64>] = []
      while pieces.count < Transfer.threadCount, first < chunkCount {
        let end = min(first + Self.pieceChunkCount, chunkCount)
        pieces.append(first..<end)
        first = end
      }
      let digests = self.settings.digests
      let lists = try await withThrowingTaskGroup(of: (Int64, [UInt8]).self) { [partial] group in
        for piece in pieces {
          group.addTask { (piece.lowerBound, try Self.digests(of: piece, partial, question, digests)) }
        }
        var lists: [Int64: [UInt8]] = [:]
        for try await (first, digests) in group { lists[first] = digests }
        return lists
      }
      // The file may have come to its end without, or not come at all.
      if question.content?.table.isClosed == true { return }
      for piece in pieces {
        var record = delivery.buffers.takeRecord()
        ChunkDigests(
          question.reason, index: question.index, firstChunk: UInt64(piece.lowerBound),
          digestByteCount: digests.digest.byteCount, digests: lists[piece.lowerBound] ?? []
        ).writeRecord(to: &record)
        try await delivery.send(consume record)
      }
    }
  }

  /// The digests of a few chunks, one behind the other; of what cannot be read, one that nothing has.
  private static func digests(
    of chunks: Range<Int64>, _ partial: OpenPartial?, _ question: PartialQuestion, _ digests: DigestContexts
  ) throws -> [UInt8] {
    let chunkByteCount = Int64(digests.chunkByteCount)
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Int(min(chunkByteCount, max(question.byteCount, 1))), alignment: 4096)
    defer { memory.deallocate() }
    var all: [UInt8] = []
    for chunk in chunks {
      try Task.checkCancellation()
      let offset = chunk * chunkByteCount
      let wanted = Int(min(chunkByteCount, question.byteCount - offset))
      let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<max(0, wanted)])
      let digest = try ExistingFiles.unlessUnreadable { () -> [UInt8]? in
        guard let partial, wanted > 0, try partial.read(into: part, at: offset) == wanted else { return nil }
        return try digests.digest(ofChunk: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(part)))
      }
      // What has come meanwhile counts.
      if let digest { question.content?.table.set(digest, of: chunk, replacing: false) }
      all += digest ?? digests.none
    }
    return all
  }
}

/// Where partial files lie. Used by one task alone.
package protocol PartialStoring: AnyObject {
  /// Opens a partial file for reading.
  ///
  /// - Parameters:
  ///   - place: Where the file is to be in the end.
  ///   - start: The partial file.
  /// - Returns: The file; `nil` when it is another one.
  /// - Throws: What the system says.
  func open(_ place: PlannedPlace, _ start: PartialStart) throws -> OpenPartial?
}

/// A partial file open for reading, by any number of tasks.
package final class OpenPartial: Sendable {
  private let descriptor: P2PCopyFiles.FileDescriptor

  package init(_ descriptor: consuming P2PCopyFiles.FileDescriptor) {
    self.descriptor = descriptor
  }

  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    try descriptor.read(into: memory, at: offset)
  }
}
