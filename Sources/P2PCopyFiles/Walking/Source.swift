package import P2PCopyCore

/// What a sender sends: entries in an order that stays, and the content of each of its files.
///
/// ``FileSource`` walks over files, ``StreamSource`` reads a stream, ``MemorySource`` has everything in memory.
package protocol Source: Sendable {
  /// Begins a list of the entries.
  ///
  /// - Parameter index: The entry to begin with; those before it are left out. What is listed once is listed again, under the
  ///   same index, as long as nobody changes the source.
  /// - Returns: The list.
  /// - Throws: ``P2PCopyError`` when there is nothing to list.
  func entries(from index: UInt64) throws(P2PCopyError) -> any SourceCursor

  /// Opens a file or stream that was listed.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  func open(_ entry: SourceEntry) throws(P2PCopyError) -> any SourceContent

  /// Whether everything can be listed and read once more, so that a receiver that was started again gets it.
  var canBeReadAgain: Bool { get }
}

extension Source {
  package var canBeReadAgain: Bool { true }
}

/// A place in the list of a source's entries. Used by one task.
package protocol SourceCursor: AnyObject {
  /// Goes on to the next element; `nil` after the last.
  func next() -> SourceWalk.Element?
}

/// The content of one file or stream while it is being sent. Workers read from it at offsets, side by side.
package protocol SourceContent: AnyObject, Sendable {
  /// Size in bytes when it was opened: what will be sent, unless ``hasReliableSize()`` says otherwise.
  var byteCount: Int64 { get }

  /// Mode and time when it was opened; a stream has none.
  var metadata: EntryMetadata? { get }

  /// The error for content that changed while it was being sent.
  var changed: P2PCopyError { get }

  /// Whether its size tells how much there is to read, and it can be read at offsets.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  func hasReliableSize() throws(P2PCopyError) -> Bool

  /// Reads at an offset.
  ///
  /// - Parameters:
  ///   - memory: Filled from its beginning.
  ///   - offset: Where to read.
  /// - Returns: How many bytes: fewer than there is memory only at the end; `nil` when the content knows no offsets and is
  ///   to be read by ``readNext(into:)``.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(P2PCopyError) -> Int?

  /// Reads what comes next, and waits for it. Used by one task at a time.
  ///
  /// - Parameters:
  ///   - memory: Filled from its beginning.
  ///   - patience: In milliseconds: what a stream has is returned when nothing more comes for this time.
  /// - Returns: How many bytes; 0 at the end; `nil` when a stream had nothing for this time.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  func readNext(
    into memory: UnsafeMutableRawBufferPointer, patience: Int32
  ) throws(P2PCopyError) -> Int?

  /// Whether there is more to read than the size says, although the size is still what it was.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  func hasMore(behind offset: Int64) throws(P2PCopyError) -> Bool

  /// Whether fewer bytes than the size says are all there is: the size is only nominal, and still the same.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  func maySayTooMuch() throws(P2PCopyError) -> Bool

  /// Looks whether the content is still as it was when it was opened.
  ///
  /// - Parameter readsTheSame: Reads all of it again and says whether that gives what was sent.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable`` when it is not the same: what was sent may
  ///   be a mixture of old and new; with code ``P2PCopyError/Code/cancelled`` when reading it again was interrupted.
  func checkUnchanged(_ readsTheSame: () throws -> Bool) throws(P2PCopyError)
}
