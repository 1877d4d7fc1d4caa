package import P2PCopyCore
package import P2PCopyPlatform

extension SystemError {
  /// How much ends when this is why something could not be written: with a full or failing disk, or without memory or
  /// descriptors, every further write would fail as well, so that going on with the next file makes no sense.
  package var writingScope: P2PCopyError.Scope {
    switch number {
    case ENOSPC, EDQUOT, EROFS, EIO, ENFILE, EMFILE, ENOMEM, ESTALE: .destination
    default: .entry
    }
  }
}
