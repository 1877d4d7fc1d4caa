package import P2PCopyCore

/// What a receiver selected of a ``SessionOffer``.
package struct SessionSelection: Hashable, Sendable {
  /// The chunk sizes in bytes that a receiver accepts.
  package static let chunkByteCounts = (16 << 10)...(1 << 20)

  /// The codecs.
  package var codecs: CodecSelection

  /// The most raw bytes in a chunk or pack.
  package var chunkByteCount: Int

  /// How many connections.
  package var connectionCount: Int

  /// Creates a selection as a peer stated it.
  package init(codecs: CodecSelection, chunkByteCount: Int, connectionCount: Int = 1) {
    self.codecs = codecs
    self.chunkByteCount = chunkByteCount
    self.connectionCount = connectionCount
  }

  /// Selects from an offer.
  ///
  /// - Parameters:
  ///   - offer: What the sender offers.
  ///   - registry: The receiver's codecs.
  ///   - connectionLimit: How many connections the receiver takes part in.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/noCommonCodec`` that names both sides' lists.
  package init(
    from offer: SessionOffer, for registry: CodecRegistry, connectionLimit: Int = 1
  ) throws(P2PCopyError) {
    guard let chunkByteCount = offer.chunkByteCounts.first(where: Self.chunkByteCounts.contains) else {
      throw P2PCopyError(
        .noCommonCodec,
        "the peers share no chunk size; the sender offers \(offer.chunkByteCounts.prefix(16)), the receiver accepts"
          + " \(Self.chunkByteCounts.lowerBound) to \(Self.chunkByteCounts.upperBound) bytes")
    }
    self.init(
      codecs: try CodecSelection(from: offer.codecs, for: registry), chunkByteCount: chunkByteCount,
      connectionCount: max(1, min(offer.connectionCount, connectionLimit)))
  }

  /// Checks, at the sender, that a selection follows from the sender's own offer.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when it does not.
  package func check(against offer: SessionOffer) throws(P2PCopyError) {
    try codecs.check(against: offer.codecs)
    guard offer.chunkByteCounts.contains(chunkByteCount) else {
      throw P2PCopyError(
        .protocolViolation, "the receiver selected chunks of \(chunkByteCount) bytes, which were not offered")
    }
    guard (1...max(1, offer.connectionCount)).contains(connectionCount) else {
      throw P2PCopyError(
        .protocolViolation,
        "the receiver selected \(connectionCount) connections; \(offer.connectionCount) were offered")
    }
  }
}
