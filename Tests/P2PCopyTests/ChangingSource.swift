import P2PCopy
import P2PCopyCore
import Synchronization
import TestSupport

/// Files in memory that are others each time they are opened, and change while they are read where a test says so.
final class ChangingSource: Source {
  /// What opening a file once gives.
  struct Reading {
    /// All that there is.
    var content: [UInt8]
    /// Whether it turns out at its end that it changed.
    var changes = false
    /// How many bytes can be read, when it has become shorter than it said.
    var readableByteCount: Int?

    /// One that stays as it is.
    static func stays(_ content: [UInt8]) -> Reading { Reading(content: content) }
    /// One that changes, which shows at its end.
    static func changes(_ content: [UInt8]) -> Reading { Reading(content: content, changes: true) }
    /// One that becomes shorter.
    static func shrinks(_ content: [UInt8], to count: Int) -> Reading {
      Reading(content: content, readableByteCount: count)
    }
  }

  private let files: [(path: RelativePath, readings: [Reading])]
  private let openings = Mutex<[(path: [UInt8], time: ContinuousClock.Instant)]>([])

  private static let metadata = EntryMetadata(mode: 0o644, modificationSeconds: 1, modificationNanoseconds: 0)

  /// - Parameter files: Name, and what each opening gives; the last of them all further ones.
  /// - Throws: `P2PCopyError` when a name is none.
  init(_ files: [(name: String, readings: [Reading])]) throws {
    self.files = try files.map { (try RelativePath(validating: Array($0.name.utf8)), $0.readings) }
  }

  /// How often a file was opened.
  func openingCount(_ name: String) -> Int { openingTimes(name).count }

  /// When a file was opened.
  func openingTimes(_ name: String) -> [ContinuousClock.Instant] {
    openings.withLock { $0.filter { $0.path == Array(name.utf8) }.map(\.time) }
  }

  func entries(from index: UInt64) throws(P2PCopyError) -> any SourceCursor {
    Cursor(
      files.dropFirst(Int(clamping: index)).map { path, readings in
        SourceEntry(
          location: path.bytes, path: path, kind: .file(byteCount: Int64(readings[0].content.count)),
          metadata: Self.metadata)
      })
  }

  func open(_ entry: SourceEntry) throws(P2PCopyError) -> any SourceContent {
    guard let readings = files.first(where: { $0.path == entry.path })?.readings else {
      throw P2PCopyError(.internalError, "there is no '\(entry.path)'")
    }
    let number = openings.withLock { openings in
      openings.append((entry.path.bytes, .now))
      return openings.count { $0.path == entry.path.bytes } - 1
    }
    return Content(readings[min(number, readings.count - 1)], entry.path)
  }

  private final class Cursor: SourceCursor {
    private var entries: ArraySlice<SourceEntry>

    init(_ entries: [SourceEntry]) {
      self.entries = entries[...]
    }

    func next() -> SourceWalk.Element? { entries.popFirst().map { .entry($0) } }
  }

  private final class Content: SourceContent {
    private let reading: Reading
    private let path: RelativePath

    init(_ reading: Reading, _ path: RelativePath) {
      self.reading = reading
      self.path = path
    }

    var byteCount: Int64 { Int64(reading.content.count) }
    var metadata: EntryMetadata? { ChangingSource.metadata }
    var changed: P2PCopyError {
      P2PCopyError(.sourceUnreadable, "'\(path)' changed while it was being sent", remedy: .sendAgain, scope: .entry)
    }

    func hasReliableSize() -> Bool { true }

    func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int? {
      let end = reading.readableByteCount ?? reading.content.count
      guard offset < end else { return 0 }
      return reading.content.withUnsafeBytes { bytes in
        let part = bytes[Int(offset)..<end].prefix(memory.count)
        memory.copyBytes(from: part)
        return part.count
      }
    }

    func readNext(into memory: UnsafeMutableRawBufferPointer, patience: Int32) -> Int? { 0 }

    func hasMore(behind offset: Int64) -> Bool { false }

    func maySayTooMuch() -> Bool { false }

    func checkUnchanged(_ readsTheSame: () throws -> Bool) throws(P2PCopyError) {
      if reading.changes { throw changed }
    }
  }
}
