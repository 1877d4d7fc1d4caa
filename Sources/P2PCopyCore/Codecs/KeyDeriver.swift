/// A password hash: turns a code a person can remember into key bytes, at a cost that slows down guessing.
///
/// `P2PCopyTesting.checkKeyDeriver` checks an implementation against this contract.
public protocol KeyDeriver: Codec {
  /// Derives bytes from a secret.
  ///
  /// Deterministic: the same arguments always give the same bytes, on every machine.
  ///
  /// - Parameters:
  ///   - secret: The code as UTF-8; borrowed for the call.
  ///   - salt: At least 8 bytes.
  ///   - cost: How hard to work; part of the protocol, both sides must use the same.
  ///   - byteCount: How many bytes to derive, 16 … 64.
  /// - Returns: `byteCount` bytes.
  /// - Throws: ``P2PCopyError`` when an argument is outside what the function allows or memory is short.
  func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes
}

/// The cost of one key derivation (RFC 9106, section 3.1).
public struct KeyDerivationCost: Hashable, Sendable {
  /// Passes over the memory.
  public var iterations: UInt32

  /// Memory in KiB.
  public var memoryKibibytes: UInt32

  /// Lanes.
  public var parallelism: UInt32

  /// Creates a cost.
  public init(iterations: UInt32, memoryKibibytes: UInt32, parallelism: UInt32) {
    self.iterations = iterations
    self.memoryKibibytes = memoryKibibytes
    self.parallelism = parallelism
  }
}
