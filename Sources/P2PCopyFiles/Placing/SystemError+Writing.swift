package import P2PCopyCore
package import P2PCopyPlatform

/// What it means that something could not be written for this reason.
extension SystemError {
  /// How much ends: with a full or failing disk, or without memory or descriptors, every further write would fail as well, so
  /// that going on with the next file makes no sense.
  package var writingScope: P2PCopyError.Scope {
    switch number {
    case ENOSPC, EDQUOT, EROFS, EIO, ENFILE, EMFILE, ENOMEM, ESTALE: .destination
    default: .entry
    }
  }

  /// What helps; `nil` when that depends on what was to be written.
  var writingRemedy: P2PCopyError.Remedy? {
    switch number {
    case ENOSPC, EDQUOT: .freeSpace
    case ENFILE, EMFILE, ENOMEM: .raiseLimits
    default: nil
    }
  }
}
