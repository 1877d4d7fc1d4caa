import CArgon2
public import P2PCopyCore

/// Argon2id, version 0x13 (RFC 9106), over the system's libargon2.
///
/// Lanes run on threads of their own while a derivation lasts, and the working memory is wiped by the library.
public struct Argon2idKeyDeriver: KeyDeriver, CodecPlugin {
  /// The lengths in bytes that can be derived.
  public static let derivedByteCounts = 16...64

  /// The most memory a cost may ask for: 4 GiB. A slip in a cost should be an error, not a machine that swaps.
  public static let maximumMemoryKibibytes = 4 << 20

  /// Creates the deriver; it has no options.
  public init() {}

  /// `argon2id`.
  public var name: CodecName { "argon2id" }

  /// One line about it.
  public var summary: String { "Argon2id version 1.3 (RFC 9106)" }

  /// The library and its version.
  public var library: String? { "libargon2" }

  /// Passes over the memory, memory in KiB, and lanes (RFC 9106, section 3.1).
  public var costFactors: [String: ClosedRange<Int>] {
    [
      "iterations": 1...Int(UInt32.max), "memory-kibibytes": 8...Self.maximumMemoryKibibytes,
      "parallelism": 1...0xFF_FFFF,
    ]
  }

  /// Registers the deriver.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(Argon2idKeyDeriver())
  }

  /// Derives bytes from a secret.
  ///
  /// - Parameters:
  ///   - secret: The code as UTF-8, 0 or more bytes.
  ///   - salt: 8 or more bytes.
  ///   - cost: Within ``costFactors``, and at least 8 KiB a lane.
  ///   - byteCount: One of ``derivedByteCounts``.
  /// - Returns: `byteCount` bytes.
  /// - Throws: `P2PCopyError` with code `internalError` when an argument is outside of that,
  ///   `outOfResources` when memory or threads are short.
  public func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes {
    guard Self.derivedByteCounts.contains(byteCount) else {
      throw P2PCopyError(.internalError, "argon2id derives 16 to 64 bytes here, not \(byteCount)")
    }
    guard salt.byteCount >= 8 else {
      throw P2PCopyError(.internalError, "argon2id needs a salt of 8 bytes or more, not \(salt.byteCount)")
    }
    try require(cost)
    let (memory, parallelism) = (cost["memory-kibibytes"], cost["parallelism"])
    return try SecretBytes(byteCount: byteCount, from: secret, salt) { secret, salt, room throws(P2PCopyError) in
      var context = argon2_context()
      context.out = room.bindMemory(to: UInt8.self).baseAddress
      context.outlen = UInt32(clamping: room.count)
      // The library reads what these point to and, without a flag that says so, does not clear it.
      context.pwd = UnsafeMutablePointer(mutating: secret.bindMemory(to: UInt8.self).baseAddress)
      context.pwdlen = UInt32(clamping: secret.count)
      context.salt = UnsafeMutablePointer(mutating: salt.bindMemory(to: UInt8.self).baseAddress)
      context.saltlen = UInt32(clamping: salt.count)
      context.t_cost = UInt32(clamping: cost["iterations"])
      context.m_cost = UInt32(clamping: memory)
      context.lanes = UInt32(clamping: parallelism)
      context.threads = context.lanes
      context.version = ARGON2_VERSION_13.rawValue
      context.allocate_cbk = DerivationMemory.allocate
      context.free_cbk = DerivationMemory.free
      let status = argon2id_ctx(&context)
      if status == ARGON2_MEMORY_ALLOCATION_ERROR.rawValue || status == ARGON2_THREAD_FAIL.rawValue {
        throw P2PCopyError(
          .outOfResources,
          "the code cannot be made a key: that takes \(memory >> 10) MiB of memory and \(parallelism) threads, and the"
            + " system refuses them (\(String(cString: argon2_error_message(status))))",
          remedy: .raiseLimits)
      }
      guard status == ARGON2_OK.rawValue else {
        throw P2PCopyError(.internalError, "argon2id failed: \(String(cString: argon2_error_message(status)))")
      }
    }
  }
}
