/// What is kept of a file, directory or link besides its name and content.
package struct EntryMetadata: Hashable, Sendable {
  /// The permission bits with setuid, setgid and sticky: `0o7777` at most.
  package var mode: UInt16

  /// When the content changed, in seconds since 1970.
  package var modificationSeconds: Int64

  /// The rest of that time, below 1,000,000,000.
  package var modificationNanoseconds: UInt32

  /// Makes metadata.
  package init(mode: UInt16, modificationSeconds: Int64, modificationNanoseconds: UInt32) {
    self.mode = mode
    self.modificationSeconds = modificationSeconds
    self.modificationNanoseconds = modificationNanoseconds
  }
}
