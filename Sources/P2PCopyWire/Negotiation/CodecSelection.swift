package import P2PCopyCore

/// The receiver's answer to a ``CodecOffer``: of each kind the sender's first that the receiver has too.
///
/// The sender's order decides, so both sides compute the same selection from the same two lists and nobody between can
/// steer it without changing one of them.
package struct CodecSelection: Hashable, Sendable {
  /// The cipher.
  package var cipher: CodecName

  /// The compressor; ``CodecName/none`` when the two sides share no other.
  package var compressor: CodecName

  /// The digest.
  package var digest: CodecName

  /// Creates a selection as a peer stated it.
  package init(cipher: CodecName, compressor: CodecName, digest: CodecName) {
    self.cipher = cipher
    self.compressor = compressor
    self.digest = digest
  }

  /// Selects from a sender's offer what a receiver's registry has.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/noCommonCodec`` and both offers in its message when no
  ///   cipher or no digest is common.
  package init(from offer: CodecOffer, for registry: CodecRegistry) throws(P2PCopyError) {
    func noCommon(_ kind: CodecKind) -> P2PCopyError {
      P2PCopyError(
        .noCommonCodec,
        "the peers share no \(kind.rawValue); the sender offers \(offer); the receiver has \(CodecOffer(registry))",
        remedy: .shareCodec)
    }
    guard let cipher = offer.ciphers.first(where: { registry.cipher(named: $0.name) != nil }) else {
      throw noCommon(.cipher)
    }
    guard let digest = offer.digests.first(where: { registry.digest(named: $0.name) != nil }) else {
      throw noCommon(.digest)
    }
    let compressor = offer.compressors.first { registry.compressor(named: $0.name) != nil || $0.name == .none }
    self.init(cipher: cipher.name, compressor: compressor?.name ?? .none, digest: digest.name)
  }

  /// Checks, at the sender, that a receiver's selection follows from the sender's own offer.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when something was selected that was
  ///   not offered.
  package func check(against offer: CodecOffer) throws(P2PCopyError) {
    func require(_ name: CodecName, _ kind: CodecKind, among entries: [CodecOffer.Entry]) throws(P2PCopyError) {
      guard entries.contains(where: { $0.name == name }) else {
        throw P2PCopyError(
          .protocolViolation, "the receiver selected the \(kind.rawValue) \(name), which was not offered")
      }
    }
    try require(cipher, .cipher, among: offer.ciphers)
    try require(digest, .digest, among: offer.digests)
    if compressor != .none { try require(compressor, .compressor, among: offer.compressors) }
  }
}
