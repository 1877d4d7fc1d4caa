import Crypto
import P2PCopyCore
package import P2PCopyPlatform
import Synchronization

/// What transfers of ours have put in place in an output directory, and what it was then: so that a file to which nothing
/// has happened since need not be read to know that it is complete.
///
/// Records are appended as files get their names, and count from the moment at which they are said to outlast the machine:
/// whoever says so with ``markDurable(_:)`` has had the system write the files to the disk before. What a crash leaves is
/// read up to there; what is behind is cut off. In memory there are 16 bytes a file.
///
/// Safe to share: one task records and another one asks.
package final class PlacementJournal: Sendable {
  /// How many files are remembered; of more, nothing is known.
  package static let maximumFileCount = 3_000_000

  /// So many records in vain are nothing to write a journal anew for.
  private static let toleratedGarbageCount = 4096

  /// What a journal begins with; the version is behind it.
  private static let magic = Array("p2p-copy journal".utf8)
  private static let version: [UInt8] = [0, 0, 0, 1]
  private static let saltByteCount = 12
  private static let headerByteCount = magic.count + version.count + saltByteCount

  /// How much is read at once when a journal is opened.
  private static let readByteCount = 1 << 20

  fileprivate struct State {
    /// Where the record of each file lies, by a hash of its path with a key of this process.
    var offsets: [UInt64: Int64] = [:]
    /// How many records there are, those included that were superseded.
    var recordCount = 0
    /// The end of what is written, and the check there.
    var end: Int64
    var check: [UInt8]
    /// Records that are not written yet: the content of the next block.
    var buffer: [UInt8] = []
    /// Up to where the files outlast the machine.
    var durableEnd: Int64
    /// Why nothing is written any more.
    var failure: SystemError?
  }

  private let storage: any JournalStorage
  private let state: Mutex<State>

  /// Opens a journal, and begins one where there is none.
  ///
  /// - Parameters:
  ///   - storage: Where it lies.
  ///   - isReadOnly: Whether to look only: nothing is begun, cut off or recorded.
  /// - Throws: ``JournalFault`` when there is something else; ``SystemError``.
  package init(_ storage: any JournalStorage, isReadOnly: Bool = false) throws {
    self.storage = storage
    let header = try Self.header(of: storage, isReadOnly: isReadOnly)
    let start = Int64(header.count)
    let check = Array(SHA256.hash(data: header).prefix(JournalBlock.checkByteCount))
    var loaded = State(end: start, check: check, durableEnd: start)
    try Self.load(&loaded, storage, isReadOnly: isReadOnly)
    if isReadOnly { loaded.failure = SystemError(number: EROFS) }
    state = Mutex(loaded)
  }

  /// How many files it remembers.
  package var fileCount: Int { state.withLock { $0.offsets.count } }

  /// Whether most of it is in vain, so that it should be written anew.
  package var isMostlyGarbage: Bool {
    state.withLock { state in
      let garbage = state.recordCount - state.offsets.count
      return garbage > max(Self.toleratedGarbageCount, state.offsets.count)
    }
  }

  /// Why nothing is recorded any more; `nil` while it is.
  package var failure: SystemError? { state.withLock { $0.failure } }

  // MARK: Recording

  /// Takes a file down. It counts for this process from now on, for later ones when it outlasts the machine.
  ///
  /// An error is kept, and ends the recording: nobody's transfer fails by it.
  package func record(_ file: PlacedFile) {
    let key = Self.key(file.path)
    state.withLock { state in
      guard state.failure == nil, state.offsets[key] != nil || state.offsets.count < Self.maximumFileCount
      else { return }
      if state.buffer.count + PlacedFile.maximumEncodedByteCount > JournalBlock.maximumContentByteCount {
        Self.flush(&state, storage)
      }
      state.offsets[key] = state.end + Int64(JournalBlock.headerByteCount + state.buffer.count)
      state.recordCount += 1
      file.append(to: &state.buffer)
    }
  }

  /// What stands in front of the records that do not outlast the machine yet: to be had before the system is asked to write
  /// the files to the disk.
  ///
  /// - Returns: For ``markDurable(_:)``; `nil` when there is nothing new.
  package func beginCheckpoint() -> Checkpoint? {
    state.withLock { state in
      Self.flush(&state, storage)
      guard state.failure == nil, state.end > state.durableEnd else { return nil }
      return Checkpoint(end: state.end, check: state.check)
    }
  }

  /// The files that were taken down before a checkpoint outlast the machine now.
  package func markDurable(_ checkpoint: Checkpoint) {
    state.withLock { state in
      guard state.failure == nil, checkpoint.end > state.durableEnd else { return }
      Self.flush(&state, storage)
      let hasMore = state.end > checkpoint.end
      Self.writeMark(of: checkpoint, &state, storage)
      // Of what was recorded meanwhile nothing is known, and the next checkpoint is about that.
      guard state.failure == nil else { return }
      state.durableEnd = hasMore ? checkpoint.end : state.end
    }
    do {
      try storage.synchronize()
    } catch {
      state.withLock { $0.failure = $0.failure ?? error }
    }
  }

  /// A place in a journal.
  package struct Checkpoint: Sendable {
    fileprivate var end: Int64
    fileprivate var check: [UInt8]
  }

  // MARK: Asking

  /// What was taken down of a file.
  ///
  /// - Parameter path: Its path below the output directory.
  /// - Returns: The latest record; `nil` when there is none.
  package func file(at path: [UInt8]) -> PlacedFile? {
    let key = Self.key(path)
    return state.withLock { state in
      guard let offset = state.offsets[key] else { return nil }
      if offset >= state.end { Self.flush(&state, storage) }
      guard let found = Self.record(at: offset, storage), found.path == path else { return nil }
      return found
    }
  }

  /// Calls `body` with the latest record of each file, in the order in which they were taken down.
  ///
  /// - Parameter body: Gets a record.
  package func forEachFile(_ body: (PlacedFile) -> Void) {
    let offsets = state.withLock { state in
      Self.flush(&state, storage)
      return state.offsets.values.sorted()
    }
    for offset in offsets {
      if let file = Self.record(at: offset, storage) { body(file) }
    }
  }

  private static func record(at offset: Int64, _ storage: any JournalStorage) -> PlacedFile? {
    var byteCount = 512
    while true {
      var isShort = false
      let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { memory, count in
        count = (try? storage.read(into: UnsafeMutableRawBufferPointer(memory), at: offset)) ?? 0
        isShort = count < byteCount
      }
      if let file = PlacedFile(reading: bytes[...]) { return file }
      guard byteCount < PlacedFile.maximumEncodedByteCount, !isShort else { return nil }
      byteCount = PlacedFile.maximumEncodedByteCount
    }
  }

  private static func key(_ path: [UInt8]) -> UInt64 {
    var hasher = Hasher()
    path.withUnsafeBytes { hasher.combine(bytes: $0) }
    return UInt64(truncatingIfNeeded: hasher.finalize())
  }
}

/// Why something that has a journal's name is none to this version.
package enum JournalFault: Error {
  /// It begins with something else.
  case notAJournal
  /// Another version of this tool wrote it.
  case otherVersion
}

// MARK: - Writing

extension PlacementJournal {
  fileprivate static func flush(_ state: inout State, _ storage: any JournalStorage) {
    guard !state.buffer.isEmpty else { return }
    write(JournalBlock(.placed, state.buffer[...], behind: state.check), &state, storage)
    state.buffer.removeAll(keepingCapacity: true)
  }

  /// Writes that what stands in front of a checkpoint outlasts the machine.
  fileprivate static func writeMark(
    of checkpoint: Checkpoint, _ state: inout State, _ storage: any JournalStorage
  ) {
    var content: [UInt8] = []
    JournalBytes.append(UInt64(bitPattern: checkpoint.end), to: &content)
    write(JournalBlock(.durable, (content + checkpoint.check)[...], behind: state.check), &state, storage)
  }

  private static func write(_ block: JournalBlock, _ state: inout State, _ storage: any JournalStorage) {
    guard state.failure == nil else { return }
    do throws(SystemError) {
      try write(block.bytes, at: state.end, storage)
      state.end += Int64(block.byteCount)
      state.check = block.check
    } catch {
      state.failure = error
    }
  }
}

extension PlacementJournal {
  private static func write(
    _ bytes: [UInt8], at offset: Int64, _ storage: any JournalStorage
  ) throws(SystemError) {
    var failure: SystemError?
    bytes.withUnsafeBytes { bytes in
      do throws(SystemError) {
        try storage.write(bytes, at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}

// MARK: - Opening

extension PlacementJournal {
  /// The header, which is written where there is none.
  private static func header(of storage: any JournalStorage, isReadOnly: Bool) throws -> [UInt8] {
    var header = try read(from: 0, byteCount: headerByteCount, storage)
    let count = header.count
    let known = header.prefix(min(count, magic.count + version.count))
    guard known.elementsEqual((magic + version).prefix(known.count)) else {
      throw known.starts(with: magic) ? JournalFault.otherVersion : .notAJournal
    }
    if count == headerByteCount || isReadOnly { return header }
    // Nothing, or what a crash left of the first write.
    header = magic + version + (0..<saltByteCount).map { _ in UInt8.random(in: .min ... .max) }
    try storage.truncate(to: 0)
    try write(header, at: 0, storage)
    return header
  }

  /// Reads the blocks, and cuts off what does not count.
  private static func load(
    _ state: inout State, _ storage: any JournalStorage, isReadOnly: Bool
  ) throws(SystemError) {
    /// Records whose files may not have outlasted a crash.
    var pending: [(key: UInt64, offset: Int64)] = []
    var durable = (end: state.end, check: state.check)
    var bytes: ArraySlice<UInt8> = []
    var isAtEnd = false
    while state.recordCount < 2 * maximumFileCount + toleratedGarbageCount {
      if bytes.count < JournalBlock.headerByteCount + JournalBlock.maximumContentByteCount, !isAtEnd {
        let next = try read(from: state.end + Int64(bytes.count), byteCount: readByteCount, storage)
        isAtEnd = next.count < readByteCount
        bytes = (Array(bytes) + next)[...]
      }
      guard let block = JournalBlock(reading: bytes, behind: state.check) else { break }
      switch block.kind {
      case .placed:
        let start = state.end + Int64(JournalBlock.headerByteCount)
        var rest = block.content
        while let count = PlacedFile.encodedByteCount(in: rest), let file = PlacedFile(reading: rest) {
          pending.append((key(file.path), start + Int64(rest.startIndex - block.content.startIndex)))
          state.recordCount += 1
          rest = rest.dropFirst(count)
        }
      case .durable:
        var content = block.content
        guard let end = JournalBytes.take(&content).flatMap({ Int64(exactly: $0) }), end <= state.end,
          content.count == JournalBlock.checkByteCount
        else { break }
        for record in pending where record.offset < end {
          guard state.offsets[record.key] != nil || state.offsets.count < maximumFileCount else { continue }
          state.offsets[record.key] = record.offset
        }
        pending.removeAll { $0.offset < end }
        durable = (end, Array(content))
      }
      bytes = bytes.dropFirst(block.byteCount)
      state.end += Int64(block.byteCount)
      state.check = block.check
      if block.kind == .durable, pending.isEmpty { durable = (state.end, state.check) }
    }
    state.recordCount -= pending.count
    // What is behind is never made to count by a later checkpoint: its files may have been lost meanwhile.
    (state.end, state.check, state.durableEnd) = (durable.end, durable.check, durable.end)
    guard !isReadOnly else { return }
    guard try storage.byteCount() > state.end else { return }
    try storage.truncate(to: state.end)
    guard !state.offsets.isEmpty else { return }
    writeMark(of: Checkpoint(end: state.end, check: state.check), &state, storage)
    state.durableEnd = state.end
  }

  private static func read(
    from offset: Int64, byteCount: Int, _ storage: any JournalStorage
  ) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { memory, count in
      do throws(SystemError) {
        count = try storage.read(into: UnsafeMutableRawBufferPointer(memory), at: offset)
      } catch {
        failure = error
        count = 0
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
