import P2PCopyCore

/// What a whole transfer comes to.
package struct SessionTotals: Hashable, Sendable, Codable {
  /// Entries of all kinds.
  package var entries: UInt64 = 0

  /// Regular files.
  package var files: UInt64 = 0

  /// Bytes of file content; the largest number there is when they are more than that.
  package var bytes: UInt64 = 0

  /// Nothing yet.
  package init() {}

  /// Adds a file.
  package mutating func addFile(byteCount: Int64) {
    entries &+= 1
    files &+= 1
    var sum = SaturatingCount(bytes)
    sum += byteCount
    bytes = sum.value
  }

  /// Adds a directory or a link.
  package mutating func addOther() {
    entries &+= 1
  }
}
