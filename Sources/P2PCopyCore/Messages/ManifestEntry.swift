/// One file of a sender's manifest.
public struct ManifestEntry: Hashable, Sendable {
  /// The path as the sender wrote it: bytes, nothing proven about them.
  public var path: [UInt8]

  /// Size in bytes.
  public var byteCount: Int64

  /// Creates an entry.
  public init(path: [UInt8], byteCount: Int64) {
    self.path = path
    self.byteCount = byteCount
  }
}
