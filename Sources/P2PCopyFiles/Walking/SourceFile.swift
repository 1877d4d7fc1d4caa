package import P2PCopyCore

/// One file to be sent: where it lies and under which name it goes.
package struct SourceFile: Sendable {
  /// The path as it was found.
  package var location: [UInt8]

  /// How to open it.
  package var origin: SourceOrigin

  /// The name the receiver gets.
  package var path: RelativePath

  /// Size in bytes when it was listed.
  package var byteCount: Int64

  package init(location: [UInt8], origin: SourceOrigin, path: RelativePath, byteCount: Int64) {
    self.location = location
    self.origin = origin
    self.path = path
    self.byteCount = byteCount
  }
}
