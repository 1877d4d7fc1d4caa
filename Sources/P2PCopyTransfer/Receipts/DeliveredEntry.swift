package import P2PCopyCore

/// One thing that is in place at the receiver, as receipts name it.
package struct DeliveredEntry: Sendable, Hashable {
  /// What it is.
  package enum Kind: String, Sendable {
    case file
    case directory
    case symbolicLink = "symbolic_link"
  }

  /// Its name in the transfer, components joined with `/`.
  package var path: [UInt8]
  /// Its path at the receiver, as this side knows it, when that is another one.
  package var placedPath: [UInt8]?
  package var kind: Kind
  /// Size of a file's content.
  package var byteCount: Int64
  /// Digest of a file's content; empty when nobody has read it, see ``isKnownByTimes``.
  package var digest: [UInt8]
  /// Where a symbolic link leads.
  package var target: [UInt8]
  /// Permission bits.
  package var mode: UInt16?
  /// Time of last modification, in seconds since 1970.
  package var modificationSeconds: Int64?
  /// The part of it below a second.
  package var modificationNanoseconds: UInt32?

  package init(
    path: [UInt8], placedPath: [UInt8]? = nil, kind: Kind, byteCount: Int64 = 0, digest: [UInt8] = [],
    target: [UInt8] = [], mode: UInt16? = nil,
    modificationSeconds: Int64? = nil, modificationNanoseconds: UInt32? = nil
  ) {
    self.path = path
    self.placedPath = placedPath == path ? nil : placedPath
    self.kind = kind
    self.byteCount = byteCount
    self.digest = digest
    self.target = target
    self.mode = mode
    self.modificationSeconds = modificationSeconds
    self.modificationNanoseconds = modificationNanoseconds
  }
}

extension DeliveredEntry {
  /// Whether it is a file that counts as complete because its size and time are the sender's.
  package var isKnownByTimes: Bool { kind == .file && digest.isEmpty }

  /// An entry with the mode and time it has at the sender, if that tells.
  package init(
    path: [UInt8], kind: Kind, byteCount: Int64, digest: [UInt8], target: [UInt8], metadata: EntryMetadata?
  ) {
    self.init(
      path: path, kind: kind, byteCount: byteCount, digest: digest, target: target, mode: metadata?.mode,
      modificationSeconds: metadata?.modificationSeconds, modificationNanoseconds: metadata?.modificationNanoseconds)
  }
}
