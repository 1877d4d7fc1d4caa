import CLibcrypto
import Libcrypto
public import P2PCopyCore

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D, RFC 5116 section 5.2) over the system's libcrypto.
///
/// Nonces of 12 bytes are for protocol 2, those of 32 bytes for protocol 1; GCM hashes the latter down to a counter
/// block (SP 800-38D, section 7.1).
public struct AESGCMCipher: Cipher, CodecPlugin {
  private static let algorithm = AEADAlgorithm(
    name: "AES-GCM", libraryName: "AES-256-GCM", keyByteCount: 32, tagByteCount: 16, nonceByteCounts: [12, 32])

  /// Creates the cipher; it has no options.
  public init() {}

  /// `aes-256-gcm`.
  public var name: CodecName { "aes-256-gcm" }

  /// One line with the library's version.
  public var summary: String { "AES-256-GCM (NIST SP 800-38D)" }

  /// The library and its version.
  public var library: String? { "libcrypto \(LibcryptoVersion.text)" }

  /// 32.
  public var keyByteCount: Int { Self.algorithm.keyByteCount }

  /// 16.
  public var tagByteCount: Int { Self.algorithm.tagByteCount }

  /// 12 and 32.
  public var nonceByteCounts: [Int] { Self.algorithm.nonceByteCounts }

  /// Whether the processor has instructions for AES and for GCM's multiplication. Without them the cipher is several
  /// times slower than ChaCha20-Poly1305.
  public var isAccelerated: Bool { processor_accelerates_aes_gcm() }

  /// Registers the cipher.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(AESGCMCipher())
  }

  /// Makes a context for one key.
  ///
  /// - Parameter key: 32 bytes.
  /// - Returns: A context that accepts both nonce lengths, in any order.
  /// - Throws: `P2PCopyError` with code `internalError` when the key has another length or
  ///   libcrypto fails.
  public func makeContext(key: borrowing SecretBytes) throws(P2PCopyError) -> any CipherContext {
    try AEADContext(Self.algorithm, key: key)
  }
}
