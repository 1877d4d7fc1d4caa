/// The codecs a program has, in order of preference. A plain value: no globals, nothing to set up.
///
/// ```swift
/// let codecs = CodecRegistry(plugins: [WebSocketClientTransport.self, ZstdCompressor.self])
/// ```
public struct CodecRegistry: Sendable {
  /// Transports in order of registration.
  package internal(set) var transports: [any Transport] = []
  /// Ciphers in order of registration; which are preferred, ``codecs(of:)`` says.
  package internal(set) var ciphers: [any Cipher] = []
  /// Compressors, the preferred first. "None" is not among them: it is always there.
  package internal(set) var compressors: [any Compressor] = []
  /// Digests, the preferred first.
  package internal(set) var digests: [any Digest] = []
  /// Key derivers in order of registration.
  package internal(set) var keyDerivers: [any KeyDeriver] = []
  /// Key exchanges in order of registration.
  package internal(set) var keyExchanges: [any KeyExchange] = []

  /// An empty registry.
  public init() {}

  /// A registry with what the plugins bring, in that order.
  public init(plugins: [any CodecPlugin.Type]) {
    for plugin in plugins { plugin.register(in: &self) }
  }

  /// Adds a transport. Traps when its name, or a scheme of it, is taken: that is a mistake in the program.
  public mutating func register(_ transport: some Transport) {
    precondition(self.transport(named: transport.name) == nil, "transport \(transport.name) is registered twice")
    for scheme in transport.schemes {
      precondition(self.transport(forScheme: scheme) == nil, "scheme \(scheme) is registered twice")
    }
    transports.append(transport)
  }

  /// Adds a cipher. Traps when its name is taken.
  public mutating func register(_ cipher: some Cipher) {
    precondition(self.cipher(named: cipher.name) == nil, "cipher \(cipher.name) is registered twice")
    ciphers.append(cipher)
  }

  /// Adds a compressor. Traps when its name is taken, or is `none`, which stands for no compression.
  public mutating func register(_ compressor: some Compressor) {
    precondition(compressor.name != .none, "the compressor name 'none' is reserved")
    precondition(self.compressor(named: compressor.name) == nil, "compressor \(compressor.name) is registered twice")
    compressors.append(compressor)
  }

  /// Adds a digest. Traps when its name is taken.
  public mutating func register(_ digest: some Digest) {
    precondition(self.digest(named: digest.name) == nil, "digest \(digest.name) is registered twice")
    digests.append(digest)
  }

  /// Adds a key deriver. Traps when its name is taken.
  public mutating func register(_ keyDeriver: some KeyDeriver) {
    precondition(self.keyDeriver(named: keyDeriver.name) == nil, "key deriver \(keyDeriver.name) is registered twice")
    keyDerivers.append(keyDeriver)
  }

  /// Adds a key exchange. Traps when its name is taken.
  public mutating func register(_ keyExchange: some KeyExchange) {
    precondition(
      self.keyExchange(named: keyExchange.name) == nil, "key exchange \(keyExchange.name) is registered twice")
    keyExchanges.append(keyExchange)
  }

  /// The transport of that name.
  package func transport(named name: CodecName) -> (any Transport)? { transports.first { $0.name == name } }

  /// The transport that serves a URL scheme.
  package func transport(forScheme scheme: String) -> (any Transport)? {
    transports.first { $0.schemes.contains(scheme) }
  }

  /// The cipher of that name.
  package func cipher(named name: CodecName) -> (any Cipher)? { ciphers.first { $0.name == name } }

  /// The compressor of that name.
  package func compressor(named name: CodecName) -> (any Compressor)? { compressors.first { $0.name == name } }

  /// The digest of that name.
  package func digest(named name: CodecName) -> (any Digest)? { digests.first { $0.name == name } }

  /// The key deriver of that name.
  package func keyDeriver(named name: CodecName) -> (any KeyDeriver)? { keyDerivers.first { $0.name == name } }

  /// The key exchange of that name.
  package func keyExchange(named name: CodecName) -> (any KeyExchange)? { keyExchanges.first { $0.name == name } }

  /// Every codec of a kind, the preferred first: in order of registration, but ciphers that this machine has instructions for
  /// come before others. An offer lists them in this order.
  public func codecs(of kind: CodecKind) -> [any Codec] {
    switch kind {
    case .transport: transports
    case .cipher: ciphers.filter(\.isAccelerated) + ciphers.filter { !$0.isAccelerated }
    case .compressor: compressors
    case .digest: digests
    case .keyDeriver: keyDerivers
    case .keyExchange: keyExchanges
    }
  }
}

extension CodecRegistry {
  /// Puts one compressor first, so that an offer prefers it.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/noCommonCodec`` when it is not here.
  public mutating func prefer(compressor name: CodecName) throws(P2PCopyError) {
    compressors = [try require(name, of: .compressor, among: compressors)] + compressors.filter { $0.name != name }
  }

  /// Drops all compressors: nothing is compressed then.
  public mutating func removeCompressors() {
    compressors = []
  }

  /// Keeps one cipher only.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/noCommonCodec`` when it is not here.
  public mutating func keepOnly(cipher name: CodecName) throws(P2PCopyError) {
    ciphers = [try require(name, of: .cipher, among: ciphers)]
  }

  /// Keeps one digest only.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/noCommonCodec`` when it is not here.
  public mutating func keepOnly(digest name: CodecName) throws(P2PCopyError) {
    digests = [try require(name, of: .digest, among: digests)]
  }

  private func require<Kind>(
    _ name: CodecName, of kind: CodecKind, among codecs: [Kind]
  ) throws(P2PCopyError) -> Kind {
    guard let codec = codecs.first(where: { ($0 as? any Codec)?.name == name }) else {
      throw P2PCopyError(.noCommonCodec, "this build has no \(kind.rawValue) '\(name)'; it has \(names(of: kind))")
    }
    return codec
  }

  /// The error for a codec that a protocol needs and this build lacks.
  package func missing(_ kind: CodecKind, _ name: CodecName, forProtocol number: Int) -> P2PCopyError {
    P2PCopyError(
      .noCommonCodec,
      "protocol \(number) needs the \(kind.rawValue) '\(name)', which this build lacks (it has: \(names(of: kind)))",
      remedy: .addCodec)
  }

  private func names(of kind: CodecKind) -> String {
    let names = codecs(of: kind).map(\.name.description)
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}

extension CodecName {
  /// The name that stands for no compression; common to all builds.
  public static let none: CodecName = "none"
}
