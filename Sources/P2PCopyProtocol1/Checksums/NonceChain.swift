/// The nonces of a protocol 1 session: `n(0) = SHA-256(start)`, `n(k) = SHA-256(n(k-1))`, from `n(1)` on.
///
/// Both peers walk one chain in lockstep, over both directions, so no nonce is used twice under the session's key as
/// long as every start is random.
package struct NonceChain: Sendable {
  /// Bytes in the start and in each nonce.
  package static let byteCount = 32

  private var chain = ChainedChecksum()

  /// Starts a chain.
  ///
  /// - Parameter start: ``byteCount`` random bytes, chosen by the sender for this session alone.
  package init(start: [UInt8]) {
    chain.update(with: start)
  }

  /// The next nonce, ``byteCount`` bytes. Each is returned once.
  package mutating func next() -> [UInt8] {
    chain.update(with: [UInt8]())
  }
}
