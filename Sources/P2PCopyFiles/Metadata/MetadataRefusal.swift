package import P2PCopyPlatform

/// What of an entry's mode and times the file system refused to take, as FAT, CIFS and FUSE do, and a directory that is
/// somebody else's. Its content is not concerned.
package struct MetadataRefusal: Sendable, Hashable {
  /// Why the mode could not be set; `nil` when it was, or was not to be.
  package var mode: SystemError?

  /// Why the time of the last modification could not be set; `nil` when it was, or was not to be.
  package var time: SystemError?

  /// Whether nothing was refused.
  package var isEmpty: Bool { mode == nil && time == nil }
}
