import Crypto
import P2PCopy
import Synchronization

/// A cipher that takes note of every key and nonce that it is used with.
struct CountingCipher: Cipher {
  /// One use.
  struct Use: Hashable, Sendable {
    var keyHash: [UInt8]
    var nonce: [UInt8]
  }

  /// All uses, at both sides.
  final class Record: Sendable {
    private let uses = Mutex<(seals: [Use], opens: [Use])>(([], []))

    var seals: [Use] { uses.withLock { $0.seals } }
    var opens: [Use] { uses.withLock { $0.opens } }

    fileprivate func seal(_ use: Use) { uses.withLock { $0.seals.append(use) } }
    fileprivate func open(_ use: Use) { uses.withLock { $0.opens.append(use) } }
  }

  let inner: any Cipher
  let record: Record

  var name: CodecName { inner.name }
  var summary: String { inner.summary }
  var keyByteCount: Int { inner.keyByteCount }
  var tagByteCount: Int { inner.tagByteCount }
  var nonceByteCounts: [Int] { inner.nonceByteCounts }

  func makeContext(key: borrowing SecretBytes) throws(P2PCopyError) -> any CipherContext {
    let hash = key.withUnsafeBytes { Array(SHA256.hash(data: $0)) }
    return Context(inner: try inner.makeContext(key: key), keyHash: hash, record: record)
  }

  private final class Context: CipherContext {
    let inner: any CipherContext
    let keyHash: [UInt8]
    let record: Record

    init(inner: any CipherContext, keyHash: [UInt8], record: Record) {
      self.inner = inner
      self.keyHash = keyHash
      self.record = record
    }

    private func use(_ nonce: RawSpan) -> Use { Use(keyHash: keyHash, nonce: nonce.withUnsafeBytes { Array($0) }) }

    func seal(
      _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: inout OutputRawSpan
    ) throws(P2PCopyError) {
      record.seal(use(nonce))
      try inner.seal(&bytes, nonce: nonce, authenticating: associatedData, tag: &tag)
    }

    func open(
      _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: RawSpan
    ) throws(P2PCopyError) {
      try inner.open(&bytes, nonce: nonce, authenticating: associatedData, tag: tag)
      record.open(use(nonce))
    }
  }
}
