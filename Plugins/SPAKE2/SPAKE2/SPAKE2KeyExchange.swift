import Libcrypto
public import P2PCopyCore

/// SPAKE2 (RFC 9382) with the suite P256-SHA256-HKDF-SHA256-HMAC-SHA256, over the system's libcrypto.
///
/// The sender is the RFC's A, the receiver its B. Shares are uncompressed points (SEC 1, section 2.3.3). The password is
/// 48 bytes that a memory-hard `KeyDeriver` made: taken as a number and reduced by the order of the group
/// they are as good as uniform (RFC 9382, section 3.2).
public struct SPAKE2KeyExchange: KeyExchange, CodecPlugin {
  /// Creates the key exchange; it has no options.
  public init() {}

  /// `spake2-p256`.
  public var name: CodecName { "spake2-p256" }

  /// One line with the library's version.
  public var summary: String { "SPAKE2 on P-256 (RFC 9382)" }

  /// The library and its version.
  public var library: String? { "libcrypto \(LibcryptoVersion.text)" }

  /// 48.
  public var passwordByteCount: Int { 48 }

  /// 65.
  public var shareByteCount: Int { P256.pointByteCount }

  /// Registers the key exchange.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(SPAKE2KeyExchange())
  }

  /// Begins one run with a fresh random scalar.
  ///
  /// - Parameters:
  ///   - role: Which of the two sides this is.
  ///   - password: 48 bytes, not all of them zero.
  ///   - identities: The names of both sides, the same at both; either may be empty.
  /// - Returns: The run. Its shared key has 16 bytes, its confirmations 32.
  /// - Throws: `P2PCopyError` with code `internalError` when the password has another length or
  ///   libcrypto fails.
  public func begin(
    as role: PeerRole, password: borrowing SecretBytes, identities: KeyExchangeIdentities
  ) throws(P2PCopyError) -> any KeyExchangeContext {
    guard password.byteCount == passwordByteCount else {
      throw P2PCopyError(
        .internalError, "a password for \(name) has \(passwordByteCount) bytes, not \(password.byteCount)")
    }
    let curve = try P256()
    return try SPAKE2Context(
      as: role, password: curve.reduced(password), scalar: curve.randomScalar(), identities: identities, curve: curve)
  }

  /// Begins one run with given numbers, for known answers only.
  ///
  /// - Parameters:
  ///   - role: Which of the two sides this is.
  ///   - password: The RFC's w, big endian, any number of bytes.
  ///   - scalar: The RFC's x or y, big endian. Used twice it gives the password away.
  ///   - identities: The names of both sides.
  /// - Returns: The run.
  /// - Throws: `P2PCopyError` with code `internalError` when libcrypto fails.
  package func begin(
    as role: PeerRole, fixedPassword password: borrowing SecretBytes, fixedScalar scalar: borrowing SecretBytes,
    identities: KeyExchangeIdentities
  ) throws(P2PCopyError) -> SPAKE2Context {
    let curve = try P256()
    return try SPAKE2Context(
      as: role, password: curve.reduced(password), scalar: curve.reduced(scalar), identities: identities, curve: curve)
  }
}
