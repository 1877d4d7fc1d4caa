import CXXHash
public import P2PCopyCore

/// XXH3 with 128 bits (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), without a seed, over the system's
/// libxxhash.
///
/// Not cryptographic: whoever wants to can make two contents with one digest. It shows accidents, at the speed of memory.
/// The digest is in the canonical form, which is big endian and what `xxhsum -H128` prints.
public struct XXH128Digest: Digest, CodecPlugin {
  /// Creates the digest; it has no options.
  public init() {}

  /// `xxh128`.
  public var name: CodecName { "xxh128" }

  /// One line about it.
  public var summary: String { "XXH3, 128 bits" }

  /// The library and its version.
  public var library: String? {
    let version = XXH_versionNumber()
    return "libxxhash \(version / 10_000).\(version / 100 % 100).\(version % 100)"
  }

  /// 16.
  public var byteCount: Int { 16 }

  /// Registers the digest.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(XXH128Digest())
  }

  /// Makes a context that has seen no byte yet.
  ///
  /// - Returns: A context with a state of its own.
  /// - Throws: `P2PCopyError` with code `internalError` when memory is short.
  public func makeContext() throws(P2PCopyError) -> any DigestContext {
    try XXH128Context()
  }
}
