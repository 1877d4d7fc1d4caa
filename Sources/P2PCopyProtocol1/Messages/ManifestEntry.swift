/// One file of a sender's manifest.
package struct ManifestEntry: Hashable, Sendable {
  /// The path as the sender wrote it: bytes, nothing proven about them.
  package var path: [UInt8]

  /// Size in bytes.
  package var byteCount: Int64

  /// Creates an entry.
  package init(path: [UInt8], byteCount: Int64) {
    self.path = path
    self.byteCount = byteCount
  }
}
