import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import Synchronization
import TestSupport
import Testing

/// A file in memory that remembers each write, so that a test can make one that lost some of them.
private final class LossyStorage: JournalStorage {
  struct State {
    var bytes: [UInt8] = []
    var writes: [(offset: Int, bytes: [UInt8])] = []
  }

  let state: Mutex<State>

  init(_ bytes: [UInt8] = []) { state = Mutex(State(bytes: bytes)) }

  func byteCount() -> Int64 { state.withLock { Int64($0.bytes.count) } }

  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    state.withLock { state in
      let part = state.bytes.dropFirst(Int(offset)).prefix(memory.count)
      memory.copyBytes(from: part)
      return part.count
    }
  }

  func write(_ memory: UnsafeRawBufferPointer, at offset: Int64) {
    state.withLock { state in
      state.writes.append((Int(offset), Array(memory)))
      state.bytes = Self.writing(Array(memory), at: Int(offset), into: state.bytes)
    }
  }

  func truncate(to byteCount: Int64) { state.withLock { $0.bytes = Array($0.bytes.prefix(Int(byteCount))) } }

  func synchronize() {}

  static func writing(_ new: [UInt8], at offset: Int, into bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    if bytes.count < offset + new.count { bytes += [UInt8](repeating: 0, count: offset + new.count - bytes.count) }
    bytes.replaceSubrange(offset..<(offset + new.count), with: new)
    return bytes
  }
}

@Suite("Journal")
struct PlacementJournalTests {
  private static func file(_ name: String, time: Int = 1) throws -> PlacedFile {
    let folder = try TemporaryDirectory()
    var status = try FileStatus(of: Array(try folder.write([1, 2], to: "x").utf8), followLinks: false)
    status.modificationSeconds = time
    return PlacedFile(try RelativePath(validating: Array(name.utf8)), status, digestName: "xxh128", digest: [1, 2, 3])
  }

  private static func open(_ directory: DirectoryHandle) -> PlacementJournal? {
    if case .open(let journal) = directory.openJournal() { journal } else { nil }
  }

  private static func checkpoint(_ journal: PlacementJournal) {
    if let checkpoint = journal.beginCheckpoint() { journal.markDurable(checkpoint) }
  }

  @Test("A record is found again, the latest of a path, by this process at once and by the next after a checkpoint")
  func foundAgain() throws {
    let storage = LossyStorage()
    let journal = try PlacementJournal(storage)
    journal.record(try Self.file("a", time: 1))
    let long = String(repeating: String(repeating: "d", count: 200) + "/", count: 20) + "x"
    journal.record(try Self.file(long))
    let latest = try Self.file("a", time: 2)
    journal.record(latest)
    #expect(journal.file(at: latest.path) == latest)
    #expect(journal.file(at: Array("b".utf8)) == nil)
    #expect(try PlacementJournal(LossyStorage(storage.state.withLock { $0.bytes })).fileCount == 0)
    Self.checkpoint(journal)
    let again = try PlacementJournal(LossyStorage(storage.state.withLock { $0.bytes }))
    #expect(again.fileCount == 2)
    #expect(again.file(at: latest.path) == latest)
    #expect(again.file(at: Array(long.utf8))?.path == Array(long.utf8))
  }

  @Test("Cut at any byte, a journal has what was made durable in front of the cut, and can be gone on with")
  func cut() throws {
    let storage = LossyStorage()
    let journal = try PlacementJournal(storage)
    var durable: [(end: Int, count: Int)] = []
    for number in 0..<4 {
      journal.record(try Self.file("file \(number)"))
      let checkpoint = try #require(journal.beginCheckpoint())
      // Comes too late for the checkpoint.
      journal.record(try Self.file("late \(number)"))
      journal.markDurable(checkpoint)
      durable.append((storage.state.withLock { $0.bytes.count }, 2 * number + 1))
    }
    let bytes = storage.state.withLock { $0.bytes }
    for end in 0...bytes.count {
      let rest = LossyStorage(Array(bytes.prefix(end)))
      let opened = try PlacementJournal(rest)
      #expect(opened.fileCount == durable.last { $0.end <= end }?.count ?? 0, "cut at \(end)")
      opened.record(try Self.file("next"))
      Self.checkpoint(opened)
      let again = try PlacementJournal(LossyStorage(rest.state.withLock { $0.bytes }))
      #expect(again.fileCount == opened.fileCount)
      #expect(again.file(at: Array("next".utf8)) != nil)
    }
  }

  @Test("Of the writes behind the last synchronisation any may be lost: nothing counts that was not durable before")
  func lostWrites() throws {
    let storage = LossyStorage()
    let journal = try PlacementJournal(storage)
    journal.record(try Self.file("first"))
    Self.checkpoint(journal)
    let (base, count) = storage.state.withLock { ($0.bytes, $0.writes.count) }
    journal.record(try Self.file("second"))
    #expect(journal.beginCheckpoint() != nil)
    journal.record(try Self.file("third"))
    Self.checkpoint(journal)
    let writes = storage.state.withLock { Array($0.writes[count...]) }
    try #require(writes.count == 3)
    for kept in 0..<(1 << writes.count) {
      var bytes = base
      for (index, write) in writes.enumerated() where kept & 1 << index != 0 {
        bytes = LossyStorage.writing(write.bytes, at: write.offset, into: bytes)
      }
      let opened = try PlacementJournal(LossyStorage(bytes))
      #expect(opened.fileCount == (kept == 0b111 ? 3 : 1), "\(kept)")
      #expect(opened.file(at: Array("first".utf8)) != nil)
    }
  }

  @Test("A changed byte anywhere takes what is behind it, and nothing is made up", arguments: [1, 128])
  func changedByte(difference: UInt8) throws {
    let storage = LossyStorage()
    let journal = try PlacementJournal(storage)
    for number in 0..<3 {
      journal.record(try Self.file("file \(number)"))
      Self.checkpoint(journal)
    }
    let bytes = storage.state.withLock { $0.bytes }
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= difference
      guard let opened = try? PlacementJournal(LossyStorage(changed)) else {
        #expect(index < 20)
        continue
      }
      #expect(opened.fileCount < 3)
      opened.forEachFile { #expect($0.path.starts(with: "file ".utf8)) }
    }
  }

  @Test("A file is still what it was only if nothing has happened to it")
  func isStill() throws {
    let folder = try TemporaryDirectory()
    let path = Array(try folder.write([1, 2], to: "x").utf8)
    let status = try FileStatus(of: path, followLinks: false)
    let file = PlacedFile(try RelativePath(validating: Array("x".utf8)), status, digestName: "xxh128", digest: [1])
    #expect(file.isStill(status))
    let changes: [(inout FileStatus) -> Void] = [
      { $0.byteCount += 1 }, { $0.modificationNanoseconds += 1 }, { $0.changeNanoseconds += 1 },
      { $0.identity.inode += 1 }, { $0.identity.device += 1 }, { $0.kind = .symbolicLink },
    ]
    for change in changes {
      var other = status
      change(&other)
      #expect(!file.isStill(other))
    }
  }

  @Test(
    "What is no journal of this user is left alone",
    arguments: ["link", "fifo", "directory", "text", "newer", "two"])
  func foreign(kind: String) throws {
    let folder = try TemporaryDirectory()
    let path = folder.path(".p2p-copy-journal")
    switch kind {
    case "link": #expect(symlink(try folder.write([], to: "victim"), path) == 0)
    case "fifo": #expect(mkfifo(path, 0o600) == 0)
    case "directory": try folder.makeDirectory(".p2p-copy-journal")
    case "text": try folder.write(Array("something else of the user's".utf8), to: ".p2p-copy-journal")
    case "newer":
      try folder.write(
        Array("p2p-copy journal".utf8) + [0, 0, 0, 2] + [UInt8](repeating: 7, count: 100), to: ".p2p-copy-journal")
    default: #expect(link(try folder.write([], to: "victim"), path) == 0)
    }
    let before = folder.read(".p2p-copy-journal")
    let directory = try DirectoryHandle(entering: Array(folder.path.utf8))
    guard case .unusable = directory.openJournal() else {
      Issue.record("it was used")
      return
    }
    if kind != "fifo" { #expect(folder.read(".p2p-copy-journal") == before) }
  }

  @Test("Only one receiver has it at a time")
  func oneAtATime() throws {
    let folder = try TemporaryDirectory()
    let directory = try DirectoryHandle(entering: Array(folder.path.utf8))
    let first = directory.openJournal()
    guard case .open(let journal) = first, case .inUse = directory.openJournal() else {
      Issue.record("two have it")
      return
    }
    #expect(journal.fileCount == 0)
  }

  @Test("A journal that is mostly in vain is written anew")
  func writtenAnew() throws {
    let folder = try TemporaryDirectory()
    let directory = try DirectoryHandle(entering: Array(folder.path.utf8))
    let file = try Self.file("x")
    do {
      let journal = try #require(Self.open(directory))
      for _ in 0..<10_000 { journal.record(file) }
      Self.checkpoint(journal)
    }
    let before = try #require(folder.read(".p2p-copy-journal")).count
    let journal = try #require(Self.open(directory))
    #expect(journal.file(at: file.path) == file)
    #expect(try #require(folder.read(".p2p-copy-journal")).count < before / 1000)
    #expect(try folder.tree("").keys.allSatisfy { !$0.contains("partial") })
  }

  @Test("No sender may use the name", arguments: [".p2p-copy-journal", "a/.P2P-Copy-Journal", ".p2p-copy-journal. /x"])
  func reserved(path: String) throws {
    #expect(PartialFile.isReserved(anyOf: try RelativePath(validating: Array(path.utf8))))
    #expect(!PartialFile.isReserved(anyOf: try RelativePath(validating: Array("p2p-copy-journal".utf8))))
  }
}
