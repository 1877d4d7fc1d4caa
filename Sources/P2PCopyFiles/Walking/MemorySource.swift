package import P2PCopyCore

/// Files whose content is in memory.
package struct MemorySource: Source {
  private let entries: [SourceEntry]
  private let contents: [[UInt8]: MemoryContent]

  /// - Parameters:
  ///   - files: Name and content of each.
  ///   - metadata: Mode and time of all of them.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when a name comes twice.
  package init(_ files: [(name: RelativePath, content: [UInt8])], metadata: EntryMetadata) throws(P2PCopyError) {
    var contents: [[UInt8]: MemoryContent] = [:]
    for (name, content) in files {
      guard contents.updateValue(MemoryContent(content, metadata), forKey: name.bytes) == nil else {
        throw P2PCopyError(.usage, "'\(name)' is to be sent twice")
      }
    }
    self.contents = contents
    entries = files.map { name, content in
      SourceEntry(
        location: name.bytes, path: name, kind: .file(byteCount: Int64(content.count)), metadata: metadata)
    }
  }

  package func entries(from index: UInt64) throws(P2PCopyError) -> any SourceCursor {
    EntryCursor(entries.dropFirst(Int(clamping: index)))
  }

  package func open(_ entry: SourceEntry) throws(P2PCopyError) -> any SourceContent {
    guard let content = contents[entry.path.bytes] else {
      throw P2PCopyError(.internalError, "'\(entry.path)' has nothing that could be opened")
    }
    return content
  }
}

/// The content of a file in memory.
private final class MemoryContent: SourceContent {
  private let bytes: [UInt8]
  let metadata: EntryMetadata?

  init(_ bytes: [UInt8], _ metadata: EntryMetadata) {
    self.bytes = bytes
    self.metadata = metadata
  }

  var byteCount: Int64 { Int64(bytes.count) }

  var changed: P2PCopyError { P2PCopyError(.internalError, "content in memory changed", scope: .entry) }

  func hasReliableSize() -> Bool { true }

  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int? {
    guard offset >= 0, offset < byteCount else { return 0 }
    return bytes.withUnsafeBytes { bytes in
      let part = bytes[Int(offset)...].prefix(memory.count)
      memory.copyBytes(from: part)
      return part.count
    }
  }

  /// Never asked for: it has offsets.
  func readNext(into memory: UnsafeMutableRawBufferPointer, patience: Int32) -> Int? { 0 }

  func hasMore(behind offset: Int64) -> Bool { false }

  func maySayTooMuch() -> Bool { false }

  func checkUnchanged(_ readsTheSame: () throws -> Bool) {}
}
