import P2PCopyCore

/// A known answer for a cipher: what sealing gives for one key, nonce, plaintext and associated data.
public struct CipherVector: Sendable {
  /// Where it comes from, such as a document and a test case in it; shown when it does not hold.
  public var source: String
  /// The key.
  public var key: [UInt8]
  /// The nonce, of one of the lengths that the cipher accepts.
  public var nonce: [UInt8]
  /// The associated data.
  public var associatedData: [UInt8]
  /// The bytes that are sealed.
  public var plaintext: [UInt8]
  /// The sealed bytes, as many as ``plaintext`` has.
  public var ciphertext: [UInt8]
  /// The tag.
  public var tag: [UInt8]

  /// Creates a vector from hexadecimal text, as such vectors are published. Traps when the text is not hexadecimal:
  /// that is a slip in the test.
  public init(
    source: String, key: String, nonce: String, associatedData: String = "", plaintext: String, ciphertext: String,
    tag: String
  ) {
    self.source = source
    self.key = Self.bytes(key)
    self.nonce = Self.bytes(nonce)
    self.associatedData = Self.bytes(associatedData)
    self.plaintext = Self.bytes(plaintext)
    self.ciphertext = Self.bytes(ciphertext)
    self.tag = Self.bytes(tag)
  }

  private static func bytes(_ hexadecimal: String) -> [UInt8] {
    guard let bytes = Hex.decode(hexadecimal) else { preconditionFailure("'\(hexadecimal)' is not hexadecimal") }
    return bytes
  }
}
