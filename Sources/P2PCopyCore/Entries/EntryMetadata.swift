/// Permissions and time of a file, directory or symbolic link.
package struct EntryMetadata: Hashable, Sendable {
  /// The permission bits with set-user-id, set-group-id and sticky: 0 … 0o7777.
  package var mode: UInt16

  /// Time of the last modification: seconds since 1970.
  package var modificationSeconds: Int64

  /// Time of the last modification: nanoseconds within the second, 0 … 999,999,999.
  package var modificationNanoseconds: UInt32

  /// Creates metadata.
  package init(mode: UInt16, modificationSeconds: Int64, modificationNanoseconds: UInt32) {
    self.mode = mode
    self.modificationSeconds = modificationSeconds
    self.modificationNanoseconds = modificationNanoseconds
  }
}
