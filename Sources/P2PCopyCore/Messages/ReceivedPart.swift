/// What a receiver already has of one file of the manifest.
public struct ReceivedPart: Hashable, Sendable {
  /// The path as in the manifest.
  public var path: [UInt8]

  /// How many bytes it has, more than 0.
  public var byteCount: Int64

  /// The ``ChainedChecksum`` over those bytes in steps of ``ChunkHeader/maximumPayloadByteCount``.
  public var chain: [UInt8]

  /// Creates a part.
  public init(path: [UInt8], byteCount: Int64, chain: [UInt8]) {
    self.path = path
    self.byteCount = byteCount
    self.chain = chain
  }
}
