import Libcrypto
public import P2PCopyCore

/// ChaCha20 with Poly1305 (RFC 8439, section 2.8) over the system's libcrypto.
public struct ChaCha20Poly1305Cipher: Cipher, CodecPlugin {
  private static let algorithm = AEADAlgorithm(
    name: "ChaCha20-Poly1305", libraryName: "ChaCha20-Poly1305", keyByteCount: 32, tagByteCount: 16,
    nonceByteCounts: [12])

  /// Creates the cipher; it has no options.
  public init() {}

  /// `chacha20-poly1305`.
  public var name: CodecName { "chacha20-poly1305" }

  /// One line with the library's version.
  public var summary: String { "ChaCha20-Poly1305 (RFC 8439)" }

  /// The library and its version.
  public var library: String? { "libcrypto \(LibcryptoVersion.text)" }

  /// 32.
  public var keyByteCount: Int { Self.algorithm.keyByteCount }

  /// 16.
  public var tagByteCount: Int { Self.algorithm.tagByteCount }

  /// 12.
  public var nonceByteCounts: [Int] { Self.algorithm.nonceByteCounts }

  /// No: no processor has instructions for it. Registered before AES-GCM it comes after it where AES is accelerated, and
  /// before it where it is not.
  public var isAccelerated: Bool { false }

  /// Registers the cipher.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(ChaCha20Poly1305Cipher())
  }

  /// Makes a context for one key.
  ///
  /// - Parameter key: 32 bytes.
  /// - Returns: A context for nonces of 12 bytes.
  /// - Throws: `P2PCopyError` with code `internalError` when the key has another length or
  ///   libcrypto fails.
  public func makeContext(key: borrowing SecretBytes) throws(P2PCopyError) -> any CipherContext {
    try AEADContext(Self.algorithm, key: key)
  }
}
