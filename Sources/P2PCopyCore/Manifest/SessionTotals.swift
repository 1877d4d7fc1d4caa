/// What a whole transfer comes to.
public struct SessionTotals: Hashable, Sendable, Codable {
  /// Entries of all kinds.
  public var entries: UInt64 = 0

  /// Regular files.
  public var files: UInt64 = 0

  /// Bytes of file content; the largest number there is when they are more than that.
  public var bytes: UInt64 = 0

  /// Nothing yet.
  public init() {}

  /// Adds a file.
  public mutating func addFile(byteCount: Int64) {
    entries &+= 1
    files &+= 1
    var sum = SaturatingCount(bytes)
    sum += byteCount
    bytes = sum.value
  }

  /// Adds a directory or a link.
  public mutating func addOther() {
    entries &+= 1
  }
}
