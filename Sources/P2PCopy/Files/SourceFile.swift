import P2PCopyCore

/// One file to be sent: where it lies and under which name it goes.
struct SourceFile: Sendable {
  /// The path as it was found.
  var location: [UInt8]

  /// How to open it.
  var origin: SourceOrigin

  /// The name the receiver gets.
  var path: RelativePath

  /// Size in bytes when it was listed.
  var byteCount: Int64
}
