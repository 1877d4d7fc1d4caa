package import P2PCopyCore
import P2PCopyPlatform

/// Bytes that come from an open file until it ends, such as standard input: one file, whose size nobody knows.
package struct StreamSource: Source {
  private let entry: SourceEntry
  private let content: StreamContent

  /// - Parameters:
  ///   - descriptor: The open file. It is read by this source only, and not closed.
  ///   - name: The name of the file at the receiver.
  ///   - shown: What it is called in messages.
  package init(_ descriptor: Int32, named name: RelativePath, shown: String) {
    entry = SourceEntry(
      location: [], path: name, kind: .stream,
      metadata: EntryMetadata(mode: 0o644, modificationSeconds: 0, modificationNanoseconds: 0))
    content = StreamContent(descriptor, shown)
  }

  package var canBeReadAgain: Bool { false }

  package func entries(from index: UInt64) throws(P2PCopyError) -> any SourceCursor {
    EntryCursor([entry].dropFirst(Int(clamping: index)))
  }

  /// The stream itself. What was read of it does not come a second time.
  package func open(_ entry: SourceEntry) throws(P2PCopyError) -> any SourceContent { content }
}

/// A stream while it is being sent.
private final class StreamContent: SourceContent {
  private let descriptor: Int32
  private let shown: String

  init(_ descriptor: Int32, _ shown: String) {
    self.descriptor = descriptor
    self.shown = shown
  }

  let byteCount: Int64 = 0
  let metadata: EntryMetadata? = nil

  var changed: P2PCopyError { P2PCopyError(.sourceUnreadable, "\(shown) changed", scope: .entry) }

  func hasReliableSize() -> Bool { false }

  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int? { nil }

  func readNext(into memory: UnsafeMutableRawBufferPointer, patience: Int32) throws(P2PCopyError) -> Int? {
    do throws(SystemError) {
      return try fill(memory, patience)
    } catch {
      throw P2PCopyError(.sourceUnreadable, "cannot read \(shown): \(error)", scope: .entry, cause: error)
    }
  }

  private func fill(_ memory: UnsafeMutableRawBufferPointer, _ patience: Int32) throws(SystemError) -> Int? {
    var count = 0
    while count < memory.count {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&request, 1, patience)
      if ready == 0 { return count > 0 ? count : nil }
      let result =
        ready < 0
        ? -1 : Glibc.read(descriptor, memory.baseAddress.map { $0 + count }, memory.count - count)
      if result < 0 {
        let error = SystemError.last
        guard error.number == EINTR || error.number == EAGAIN else { throw error }
        continue
      }
      if result == 0 { break }
      count += result
    }
    return count
  }

  func hasMore(behind offset: Int64) -> Bool { false }

  func maySayTooMuch() -> Bool { false }

  func checkUnchanged(_ readsTheSame: () throws -> Bool) {}
}

/// Entries that are known beforehand.
final class EntryCursor: SourceCursor {
  private var entries: ArraySlice<SourceEntry>

  init(_ entries: ArraySlice<SourceEntry>) {
    self.entries = entries
  }

  func next() -> SourceWalk.Element? { entries.popFirst().map { .entry($0) } }
}
