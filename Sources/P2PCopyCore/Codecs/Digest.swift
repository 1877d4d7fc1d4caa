/// A digest over the content of files, and over pieces of it.
///
/// It need not be cryptographic: what travels is sealed, so a digest shows what faulty memory, a faulty disk or a faulty
/// codec did to a file between its reading and its writing. `P2PCopyTesting.checkDigest` checks an implementation
/// against this contract.
public protocol Digest: Codec {
  /// Length in bytes of what it computes, 8 … 64.
  var byteCount: Int { get }

  /// Makes a context that has seen no byte yet.
  ///
  /// - Throws: ``P2PCopyError`` when the library underneath has no memory.
  func makeContext() throws(P2PCopyError) -> any DigestContext
}

/// A digest being computed. Belongs to one worker at a time; reused for one file after the other.
public protocol DigestContext: AnyObject {
  /// Takes the next bytes. How they are divided over calls makes no difference.
  ///
  /// - Parameter bytes: 0 or more bytes. Only valid during the call.
  /// - Throws: ``P2PCopyError`` when the library underneath fails.
  func update(_ bytes: RawSpan) throws(P2PCopyError)

  /// Ends the digest and starts anew.
  ///
  /// - Returns: ``Digest/byteCount`` bytes, the digest of everything since the start or the last call of this method.
  /// - Throws: ``P2PCopyError`` when the library underneath fails.
  func finish() throws(P2PCopyError) -> [UInt8]
}
