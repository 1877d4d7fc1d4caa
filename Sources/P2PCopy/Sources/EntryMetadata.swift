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

extension EntryMetadata {
  /// Takes it from what the system says.
  init(_ status: FileStatus) {
    self.init(
      mode: status.permissions, modificationSeconds: Int64(status.modificationSeconds),
      // Some file systems report nonsense; what leaves here is always valid.
      modificationNanoseconds: UInt32(min(max(status.modificationNanoseconds, 0), 999_999_999)))
  }
}
