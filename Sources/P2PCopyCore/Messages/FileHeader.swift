/// Announces one file: its chunks follow.
public struct FileHeader: Hashable, Sendable {
  /// The path as in the manifest.
  public var path: [UInt8]

  /// The whole file's size in bytes.
  public var byteCount: Int64

  /// What its chunks are compressed with; `none` for raw bytes.
  public var compression: CodecName

  /// How many bytes at the beginning are not sent because the receiver has them.
  public var appendFrom: Int64

  /// Creates a header.
  public init(path: [UInt8], byteCount: Int64, compression: CodecName, appendFrom: Int64) {
    self.path = path
    self.byteCount = byteCount
    self.compression = compression
    self.appendFrom = appendFrom
  }
}
