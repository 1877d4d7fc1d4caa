import P2PCopyCore

/// One file to be sent: where it lies and under which name it goes.
struct SourceFile: Sendable {
  /// Where to open it: the path as it was found.
  var location: [UInt8]

  /// The name the receiver gets.
  var path: RelativePath

  /// Size in bytes when it was listed.
  var byteCount: Int64
}
