package import P2PCopyCore

extension CodecRegistry {
  /// The transport that reaches an endpoint.
  ///
  /// - Parameter endpoint: The endpoint.
  /// - Returns: The first that is registered for its scheme.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when none serves it, or the one that does cannot carry a
  ///   whole chunk.
  package func transport(for endpoint: Endpoint) throws(P2PCopyError) -> any Transport {
    guard let transport = transport(forScheme: endpoint.scheme) else {
      let known = transports.flatMap(\.schemes).map { "\($0)://" }.joined(separator: ", ")
      throw P2PCopyError(
        .usage, "no transport for '\(endpoint.scheme)://'; this build has \(known.isEmpty ? "none" : known)")
    }
    let needed = MessageBufferPool.defaultCapacity
    if let limit = transport.properties(forScheme: endpoint.scheme).maximumMessageByteCount, limit < needed {
      throw P2PCopyError(
        .usage,
        "the transport \(transport.name) carries messages of \(limit) bytes, and a transfer has some of \(needed); use"
          + " another one")
    }
    return transport
  }
}
