import Foundation
import P2PCopy
import P2PCopyCore

/// Files in memory, one a page, of which one cannot be read before a gate is opened.
final class GatedSource: Source, @unchecked Sendable {
  // `isOpen` is touched under `condition` only.
  private let condition = NSCondition()
  private var isOpen = false
  private let memory: MemorySource
  private let gated: String

  /// - Parameters:
  ///   - files: Name and content of each.
  ///   - gated: The file that waits for the gate.
  /// - Throws: `P2PCopyError` when a name is none.
  init(_ files: [(name: String, content: [UInt8])], gating gated: String) throws {
    memory = try MemorySource(
      files.map { (try RelativePath(validating: Array($0.name.utf8)), $0.content) },
      metadata: EntryMetadata(mode: 0o644, modificationSeconds: 1, modificationNanoseconds: 0))
    self.gated = gated
  }

  func open() {
    condition.withLock {
      isOpen = true
      condition.broadcast()
    }
  }

  func entries(from index: UInt64) throws(P2PCopyError) -> any SourceCursor {
    SlowCursor(try memory.entries(from: index))
  }

  func open(_ entry: SourceEntry) throws(P2PCopyError) -> any SourceContent {
    let content = try memory.open(entry)
    return entry.path.description == gated ? GatedContent(content, self) : content
  }

  private func wait() {
    condition.withLock { while !isOpen { condition.wait() } }
  }

  /// So slow that every entry gets a page of its own.
  private final class SlowCursor: SourceCursor {
    private let inner: any SourceCursor

    init(_ inner: any SourceCursor) {
      self.inner = inner
    }

    func next() -> SourceWalk.Element? {
      usleep(150_000)
      return inner.next()
    }
  }

  private final class GatedContent: SourceContent {
    private let inner: any SourceContent
    private let gate: GatedSource

    init(_ inner: any SourceContent, _ gate: GatedSource) {
      self.inner = inner
      self.gate = gate
    }

    var byteCount: Int64 { inner.byteCount }
    var metadata: EntryMetadata? { inner.metadata }
    var changed: P2PCopyError { inner.changed }
    func hasReliableSize() throws(P2PCopyError) -> Bool { try inner.hasReliableSize() }
    func hasMore(behind offset: Int64) throws(P2PCopyError) -> Bool { try inner.hasMore(behind: offset) }
    func maySayTooMuch() throws(P2PCopyError) -> Bool { try inner.maySayTooMuch() }
    func checkUnchanged(_ readsTheSame: () throws -> Bool) throws(P2PCopyError) {
      try inner.checkUnchanged(readsTheSame)
    }

    func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(P2PCopyError) -> Int? {
      gate.wait()
      return try inner.read(into: memory, at: offset)
    }

    func readNext(into memory: UnsafeMutableRawBufferPointer, patience: Int32) throws(P2PCopyError) -> Int? {
      try inner.readNext(into: memory, patience: patience)
    }
  }
}
