/// An authenticated cipher (AEAD, RFC 5116).
///
/// The core owns keys, nonces and associated data; a cipher only seals and opens what it is given and never chooses a
/// nonce. `P2PCopyTesting.checkCipher` checks an implementation against this contract.
public protocol Cipher: Codec {
  /// Key length in bytes.
  var keyByteCount: Int { get }

  /// Tag length in bytes.
  var tagByteCount: Int { get }

  /// The nonce lengths in bytes that contexts accept. Must contain 12.
  var nonceByteCounts: [Int] { get }

  /// Whether this machine has instructions for it. An offer lists accelerated ciphers before others.
  var isAccelerated: Bool { get }

  /// Makes a context for one key.
  ///
  /// - Parameter key: ``keyByteCount`` bytes; borrowed for the call. The context wipes its copy when it goes.
  /// - Returns: A context that seals and opens under that key.
  /// - Throws: ``P2PCopyError`` when the key has the wrong length or the library fails.
  func makeContext(key: borrowing SecretBytes) throws(P2PCopyError) -> any CipherContext
}

extension Cipher {
  /// Accelerated, or as good as.
  public var isAccelerated: Bool { true }
}

/// A key in use. Belongs to one worker at a time; reused for every message under that key.
public protocol CipherContext: AnyObject {
  /// Encrypts in place and produces the tag.
  ///
  /// - Parameters:
  ///   - bytes: Plaintext on entry, ciphertext of the same length on return; 0 or more bytes.
  ///   - nonce: One of ``Cipher/nonceByteCounts`` long, never used before with this key: the caller guarantees it.
  ///   - associatedData: Authenticated, not encrypted; 0 or more bytes.
  ///   - tag: ``Cipher/tagByteCount`` bytes are appended here.
  /// - Throws: ``P2PCopyError`` when a length is wrong or the library fails; `bytes` is then unusable.
  func seal(
    _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: inout OutputRawSpan
  ) throws(P2PCopyError)

  /// Decrypts in place after checking the tag.
  ///
  /// - Parameters:
  ///   - bytes: Ciphertext on entry, plaintext of the same length on return.
  ///   - nonce: The nonce it was sealed with.
  ///   - associatedData: The associated data it was sealed with.
  ///   - tag: The tag that came with it.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/wrongCode`` when the tag does not fit (compared in
  ///   constant time); `bytes` is then unspecified and must not be used. The context stays usable.
  func open(
    _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: RawSpan
  ) throws(P2PCopyError)
}
