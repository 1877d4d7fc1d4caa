import Crypto

/// The chained SHA-256 over a sequence of payloads: `c(i) = SHA-256(c(i-1) || payload(i))` from an empty seed.
///
/// Every link depends on all payloads before it, so a payload that is changed, lost, repeated or moved shows at once.
/// Protocol 1 uses it over the payloads of a file and over a file's raw bytes in 1 MiB steps.
package struct ChainedChecksum: Sendable {
  /// Bytes in a link.
  package static let byteCount = 32

  /// The newest link; empty before the first.
  package private(set) var current: [UInt8]

  /// Starts a chain.
  ///
  /// - Parameter seed: What stands before the first payload; protocol 1 uses none.
  package init(seed: [UInt8] = []) {
    current = seed
  }

  /// Adds a payload.
  ///
  /// - Returns: The new link, 32 bytes, which is also ``current``.
  @discardableResult
  package mutating func update(with payload: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: current)
    hash.update(bufferPointer: payload)
    current = Array(hash.finalize())
    return current
  }

  /// Adds a payload.
  @discardableResult
  package mutating func update(with payload: [UInt8]) -> [UInt8] {
    payload.withUnsafeBytes { update(with: $0) }
  }
}
