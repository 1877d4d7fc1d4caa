package import P2PCopyCore

/// Announces one file: its chunks follow.
package struct FileHeader: Hashable, Sendable {
  /// The path as in the manifest.
  package var path: [UInt8]

  /// The whole file's size in bytes.
  package var byteCount: Int64

  /// What its chunks are compressed with; `none` for raw bytes.
  package var compression: CodecName

  /// How many bytes at the beginning are not sent because the receiver has them.
  package var appendFrom: Int64

  /// Creates a header.
  package init(path: [UInt8], byteCount: Int64, compression: CodecName, appendFrom: Int64) {
    self.path = path
    self.byteCount = byteCount
    self.compression = compression
    self.appendFrom = appendFrom
  }
}
