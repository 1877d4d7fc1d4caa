import Libcrypto
public import P2PCopyCore

/// SHA-256 (FIPS 180-4) over the system's libcrypto: what `sha256sum` prints.
///
/// For who compares a receipt with other tools, or needs a cryptographic digest. It costs more than everything else that
/// happens to a byte where the processor has no instructions for it.
public struct SHA256Digest: Digest, CodecPlugin {
  /// Creates the digest; it has no options.
  public init() {}

  /// `sha256`.
  public var name: CodecName { "sha256" }

  /// One line with the library's version.
  public var summary: String { "SHA-256 (FIPS 180-4)" }

  /// The library and its version.
  public var library: String? { "libcrypto \(LibcryptoVersion.text)" }

  /// 32.
  public var byteCount: Int { 32 }

  /// Registers the digest.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(SHA256Digest())
  }

  /// Makes a context that has seen no byte yet.
  ///
  /// - Returns: A context with a state of its own.
  /// - Throws: `P2PCopyError` with code `internalError` when libcrypto fails.
  public func makeContext() throws(P2PCopyError) -> any DigestContext {
    try SHA256Context(byteCount: byteCount)
  }
}
