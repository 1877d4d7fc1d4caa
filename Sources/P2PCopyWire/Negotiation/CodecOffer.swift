package import P2PCopyCore

/// What a sender can do: per negotiated kind, the codecs in order of preference.
///
/// Travels in the manifest; the receiver answers with a ``CodecSelection``.
package struct CodecOffer: Hashable, Sendable {
  /// One codec of an offer.
  package struct Entry: Hashable, Sendable {
    /// Its name.
    package var name: CodecName

    /// The parameters in force at the sender that are integers, by name. They inform; others do not travel.
    package var parameters: [String: Int]

    /// Creates an entry.
    package init(name: CodecName, parameters: [String: Int] = [:]) {
      self.name = name
      self.parameters = parameters
    }
  }

  /// Ciphers, the preferred first.
  package var ciphers: [Entry]

  /// Compressors, the preferred first. "None" need not be listed: it is always common.
  package var compressors: [Entry]

  /// Digests, the preferred first.
  package var digests: [Entry]

  /// Creates an offer.
  package init(ciphers: [Entry], compressors: [Entry], digests: [Entry] = []) {
    self.ciphers = ciphers
    self.compressors = compressors
    self.digests = digests
  }

  /// Everything a registry has, in its order of preference.
  package init(_ registry: CodecRegistry) {
    func entries(_ kind: CodecKind) -> [Entry] { registry.codecs(of: kind).map { Entry($0) } }
    self.init(ciphers: entries(.cipher), compressors: entries(.compressor), digests: entries(.digest))
  }
}

extension CodecOffer.Entry {
  fileprivate init(_ codec: any Codec) {
    let integers = codec.parameters.compactMap { parameter -> (String, Int)? in
      guard case .integer(let value) = parameter.value else { return nil }
      return (parameter.name, value)
    }
    self.init(name: codec.name, parameters: Dictionary(integers, uniquingKeysWith: { first, _ in first }))
  }
}

extension CodecOffer: CustomStringConvertible {
  /// The names by kind, for error messages.
  package var description: String {
    func list(_ entries: [Entry]) -> String {
      entries.isEmpty ? "none" : entries.map(\.name.description).joined(separator: ", ")
    }
    return "ciphers: \(list(ciphers)); compressors: \(list(compressors)); digests: \(list(digests))"
  }
}
