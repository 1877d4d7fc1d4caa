package import P2PCopyCore

/// Something to send: a file, a directory or a symbolic link.
package struct SourceEntry: Sendable {
  /// What it is.
  package enum Kind: Hashable, Sendable {
    /// A regular file, with its size when it was looked at.
    case file(byteCount: Int64)

    /// A directory. What is in it are entries of their own, later.
    case directory

    /// A symbolic link that is sent as a link.
    case symbolicLink(target: [UInt8])

    /// Standard input: bytes until it ends.
    case stream
  }

  /// The path it was found by.
  package var location: [UInt8]

  /// How to open it; missing for standard input.
  package var origin: SourceOrigin?

  /// The name it arrives under.
  package var path: RelativePath

  /// What it is.
  package var kind: Kind

  /// Its mode and times.
  package var metadata: EntryMetadata

  /// Makes an entry.
  package init(
    location: [UInt8], origin: SourceOrigin? = nil, path: RelativePath, kind: Kind, metadata: EntryMetadata
  ) {
    self.location = location
    self.origin = origin
    self.path = path
    self.kind = kind
    self.metadata = metadata
  }
}

extension SourceEntry {
  /// The size when it was listed; 0 for what is no file.
  package var listedByteCount: Int64 {
    if case .file(let byteCount) = kind { byteCount } else { 0 }
  }
}
