/// What a sender offers in its manifest.
package struct SessionOffer: Hashable, Sendable {
  /// The codecs.
  package var codecs: CodecOffer

  /// Chunk sizes in bytes, the preferred first.
  package var chunkByteCounts: [Int]

  /// How many connections the sender would open.
  package var connectionCount: Int

  /// Whether to go on where an earlier transfer stopped and to leave alone what is the same.
  package var wantsResume: Bool

  /// Whether a file may count as complete because it has the size and the time that the manifest has.
  package var acceptsTimes: Bool

  /// Creates an offer.
  package init(
    codecs: CodecOffer, chunkByteCounts: [Int], connectionCount: Int = 1, wantsResume: Bool, acceptsTimes: Bool = false
  ) {
    self.codecs = codecs
    self.chunkByteCounts = chunkByteCounts
    self.connectionCount = connectionCount
    self.wantsResume = wantsResume
    self.acceptsTimes = acceptsTimes
  }
}
