extension CodecRegistry {
  /// Sets a parameter of a codec, as `--codec zstd.level=9` does.
  ///
  /// Two codecs of one name, of different kinds, are both set if both have the parameter.
  ///
  /// - Parameters:
  ///   - parameter: The parameter's name, such as `level`.
  ///   - name: The codec's name.
  ///   - value: The new value.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when there is no such codec here, it has no such
  ///   parameter, or the value is not allowed; the message says what is.
  public mutating func set(
    _ parameter: String, of name: CodecName, to value: CodecParameter.Value
  ) throws(P2PCopyError) {
    try set(parameter, of: name.description, toValue: value.description) { _ in value }
  }

  /// The same with texts from outside; the value is read as the parameter's domain says.
  package mutating func set(_ parameter: String, of name: String, toText text: String) throws(P2PCopyError) {
    try set(parameter, of: name, toValue: text) { $0.value(text) }
  }

  private mutating func set(
    _ parameter: String, of name: String, toValue text: String,
    _ value: (CodecParameter.Domain) -> CodecParameter.Value?
  ) throws(P2PCopyError) {
    let named = CodecKind.allCases.flatMap { codecs(of: $0) }.filter { $0.name.description == name }
    guard let first = named.first else { throw noCodec(named: name) }
    guard named.contains(where: { $0.parameters.contains { $0.name == parameter } }) else {
      throw first.refusal(ofText: text, for: parameter)
    }
    func changed<Changed: Codec>(_ codec: Changed) throws(P2PCopyError) -> Changed {
      guard codec.name.description == name, let known = codec.parameters.first(where: { $0.name == parameter })
      else { return codec }
      guard let value = value(known.domain), known.domain.contains(value) else {
        throw codec.refusal(ofText: text, for: parameter)
      }
      return try codec.setting(parameter, to: value)
    }
    var registry = self
    for index in transports.indices { registry.transports[index] = try changed(transports[index]) }
    for index in ciphers.indices { registry.ciphers[index] = try changed(ciphers[index]) }
    for index in compressors.indices { registry.compressors[index] = try changed(compressors[index]) }
    for index in digests.indices { registry.digests[index] = try changed(digests[index]) }
    for index in keyDerivers.indices { registry.keyDerivers[index] = try changed(keyDerivers[index]) }
    for index in keyExchanges.indices { registry.keyExchanges[index] = try changed(keyExchanges[index]) }
    self = registry
  }

  private func noCodec(named name: String) -> P2PCopyError {
    let names = CodecKind.allCases.flatMap { codecs(of: $0) }.filter { !$0.parameters.isEmpty }.map(\.name.description)
    let known =
      names.isEmpty ? "none of its codecs has parameters" : "with parameters it has \(names.joined(separator: ", "))"
    return P2PCopyError(.usage, "this build has no codec '\(DisplayText.escaped(name))'; \(known)")
  }
}
