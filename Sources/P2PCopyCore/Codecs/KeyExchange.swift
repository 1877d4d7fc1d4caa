/// A balanced password-authenticated key exchange (PAKE): two peers that know one password agree on a strong key, and
/// who does not know it can test one guess per run and learns nothing that could be tested later.
///
/// One message each way, then a confirmation each way. `P2PCopyTesting.checkKeyExchange` checks an implementation
/// against this contract.
public protocol KeyExchange: Codec {
  /// Length in bytes of the stretched password it takes.
  var passwordByteCount: Int { get }

  /// Length in bytes of each side's share.
  var shareByteCount: Int { get }

  /// Begins one run with fresh random numbers.
  ///
  /// - Parameters:
  ///   - role: Which of the two sides this is. Bound into the result, so that a peer's own messages, sent back to it, do
  ///     not pass for the other side's.
  ///   - password: ``passwordByteCount`` bytes from a ``KeyDeriver``; borrowed for the call.
  ///   - identities: The names of both sides, the same at both.
  /// - Returns: The run.
  /// - Throws: ``P2PCopyError`` when an argument has the wrong length or the library fails.
  func begin(
    as role: PeerRole, password: borrowing SecretBytes, identities: KeyExchangeIdentities
  ) throws(P2PCopyError) -> any KeyExchangeContext
}

/// One run of a key exchange at one side.
public protocol KeyExchangeContext: AnyObject {
  /// What to send to the other side, ``KeyExchange/shareByteCount`` bytes.
  var share: [UInt8] { get }

  /// Computes the key. May be called once.
  ///
  /// - Parameters:
  ///   - peerShare: What the other side sent; it may be anything.
  ///   - associatedData: Bound into the confirmations: what both sides must have seen alike.
  /// - Returns: The key and the confirmations. The key must not be used before the other side's confirmation was
  ///   compared, in constant time, with the expected one: until then the other side may be anybody.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when the share is not a valid one: wrong
  ///   length or encoding, not on the curve, the identity.
  func finish(peerShare: RawSpan, associatedData: RawSpan) throws(P2PCopyError) -> KeyExchangeResult
}

/// The names of the two sides of a key exchange.
public struct KeyExchangeIdentities: Hashable, Sendable {
  /// The sender's.
  public var sender: [UInt8]

  /// The receiver's.
  public var receiver: [UInt8]

  /// Creates identities.
  public init(sender: [UInt8], receiver: [UInt8]) {
    self.sender = sender
    self.receiver = receiver
  }
}

/// What a key exchange ends with.
public struct KeyExchangeResult: ~Copyable {
  /// The shared key; the same at both sides if they used the same password.
  public let sharedKey: SecretBytes

  /// What proves to the other side that this one knows the password.
  public let confirmation: [UInt8]

  /// What the other side must prove itself with.
  public let expectedConfirmation: [UInt8]

  /// Creates a result.
  public init(sharedKey: consuming SecretBytes, confirmation: [UInt8], expectedConfirmation: [UInt8]) {
    self.sharedKey = sharedKey
    self.confirmation = confirmation
    self.expectedConfirmation = expectedConfirmation
  }
}
