package import P2PCopyCore

extension CodecRegistry {
  /// The transport that reaches a relay.
  ///
  /// - Parameter relay: The relay.
  /// - Returns: The first that is registered for it.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when none serves its scheme.
  package func transport(to relay: RelayAddress) throws(P2PCopyError) -> any Transport {
    guard let transport = transport(forScheme: relay.scheme) else {
      let known = transports.flatMap(\.schemes).map { "\($0)://" }.joined(separator: ", ")
      throw P2PCopyError(
        .usage, "no transport for '\(relay.scheme)://'; this build has \(known.isEmpty ? "none" : known)")
    }
    return transport
  }
}
