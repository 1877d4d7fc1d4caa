public import P2PCopyCore

/// A known answer for a key deriver.
public struct KeyDerivationVector: Sendable {
  /// Where it comes from; shown when it does not hold.
  public var source: String
  /// The secret.
  public var secret: [UInt8]
  /// The salt.
  public var salt: [UInt8]
  /// The cost.
  public var cost: KeyDerivationCost
  /// The bytes that are derived, as many as are to be asked for.
  public var derived: [UInt8]

  /// Creates a vector from text for secret and salt and hexadecimal text for the result. Traps when the latter is not
  /// hexadecimal: that is a slip in the test.
  public init(source: String, secret: String, salt: String, cost: KeyDerivationCost, derived: String) {
    guard let bytes = Hex.decode(derived) else { preconditionFailure("'\(derived)' is not hexadecimal") }
    self.source = source
    self.secret = Array(secret.utf8)
    self.salt = Array(salt.utf8)
    self.cost = cost
    self.derived = bytes
  }
}
