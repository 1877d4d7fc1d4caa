/// What a receiver already has of one file of the manifest.
package struct ReceivedPart: Hashable, Sendable {
  /// The path as in the manifest.
  package var path: [UInt8]

  /// How many bytes it has, more than 0.
  package var byteCount: Int64

  /// The ``ChainedChecksum`` over those bytes in steps of ``Protocol1Suite/maximumChunkByteCount``.
  package var chain: [UInt8]

  /// Creates a part.
  package init(path: [UInt8], byteCount: Int64, chain: [UInt8]) {
    self.path = path
    self.byteCount = byteCount
    self.chain = chain
  }
}
