package import P2PCopyCore

extension DeliveredEntry {
  /// An entry with the mode and time it has at the sender, if that tells.
  package init(
    path: [UInt8], kind: Kind, byteCount: Int64, digest: [UInt8], target: [UInt8], metadata: EntryMetadata?
  ) {
    self.init(
      path: path, kind: kind, byteCount: byteCount, digest: digest, target: target, mode: metadata?.mode,
      modificationSeconds: metadata?.modificationSeconds, modificationNanoseconds: metadata?.modificationNanoseconds)
  }
}
