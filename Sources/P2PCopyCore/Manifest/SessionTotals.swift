/// What a whole transfer comes to.
public struct SessionTotals: Hashable, Sendable, Codable {
  /// Entries of all kinds.
  public var entries: UInt64 = 0

  /// Regular files.
  public var files: UInt64 = 0

  /// Bytes of file content.
  public var bytes: UInt64 = 0

  /// Nothing yet.
  public init() {}

  /// Adds a file.
  public mutating func addFile(byteCount: Int64) {
    entries &+= 1
    files &+= 1
    bytes = bytes.addingReportingOverflow(UInt64(clamping: byteCount)).partialValue
  }

  /// Adds a directory or a link.
  public mutating func addOther() {
    entries &+= 1
  }
}
