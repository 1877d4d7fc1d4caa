/// What a sender offers in its manifest.
public struct SessionOffer: Hashable, Sendable {
  /// The codecs.
  public var codecs: CodecOffer

  /// Chunk sizes in bytes, the preferred first.
  public var chunkByteCounts: [Int]

  /// How many connections the sender would open.
  public var connectionCount: Int

  /// Whether to go on where an earlier transfer stopped and to leave alone what is the same.
  public var wantsResume: Bool

  /// Creates an offer.
  public init(codecs: CodecOffer, chunkByteCounts: [Int], connectionCount: Int = 1, wantsResume: Bool) {
    self.codecs = codecs
    self.chunkByteCounts = chunkByteCounts
    self.connectionCount = connectionCount
    self.wantsResume = wantsResume
  }
}
