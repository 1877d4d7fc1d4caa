/// The codecs a program has, in order of preference. A plain value: no globals, nothing to set up.
///
/// ```swift
/// let codecs = CodecRegistry(plugins: [WebSocketClientTransport.self, ZstdCompressor.self])
/// ```
public struct CodecRegistry: Sendable {
  /// Transports in order of registration.
  public private(set) var transports: [any Transport] = []
  /// Ciphers, the preferred first.
  public private(set) var ciphers: [any Cipher] = []
  /// Compressors, the preferred first. "None" is not among them: it is always there.
  public private(set) var compressors: [any Compressor] = []
  /// Key derivers in order of registration.
  public private(set) var keyDerivers: [any KeyDeriver] = []

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

  /// Adds a key deriver. Traps when its name is taken.
  public mutating func register(_ keyDeriver: some KeyDeriver) {
    precondition(self.keyDeriver(named: keyDeriver.name) == nil, "key deriver \(keyDeriver.name) is registered twice")
    keyDerivers.append(keyDeriver)
  }

  /// The transport of that name.
  public func transport(named name: CodecName) -> (any Transport)? { transports.first { $0.name == name } }

  /// The transport that serves a URL scheme.
  public func transport(forScheme scheme: String) -> (any Transport)? {
    transports.first { $0.schemes.contains(scheme) }
  }

  /// The cipher of that name.
  public func cipher(named name: CodecName) -> (any Cipher)? { ciphers.first { $0.name == name } }

  /// The compressor of that name.
  public func compressor(named name: CodecName) -> (any Compressor)? { compressors.first { $0.name == name } }

  /// The key deriver of that name.
  public func keyDeriver(named name: CodecName) -> (any KeyDeriver)? { keyDerivers.first { $0.name == name } }

  /// Every codec of a kind, the preferred first.
  public func codecs(of kind: CodecKind) -> [any Codec] {
    switch kind {
    case .transport: transports
    case .cipher: ciphers
    case .compressor: compressors
    case .keyDeriver: keyDerivers
    }
  }
}

extension CodecName {
  /// The name that stands for no compression; common to all builds.
  public static let none: CodecName = "none"
}
