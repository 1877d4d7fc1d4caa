import P2PCopyCore

/// A known answer for a digest.
public struct DigestVector: Sendable {
  /// Where it comes from; shown when it does not hold.
  public var source: String
  /// The bytes that are digested.
  public var input: [UInt8]
  /// The digest.
  public var digest: [UInt8]

  /// Creates a vector from bytes and hexadecimal text for the digest. Traps when the latter is not hexadecimal: that is a
  /// slip in the test.
  public init(source: String, input: [UInt8], digest: String) {
    guard let bytes = Hex.decode(digest) else { preconditionFailure("'\(digest)' is not hexadecimal") }
    self.source = source
    self.input = input
    self.digest = bytes
  }
}
