import Crypto
import NIOCore
import P2PCopy
import Synchronization

/// A cipher that takes note of every key and nonce that it is used with, and of how what it seals begins.
struct CountingCipher: Cipher {
  /// One use.
  struct Use: Hashable, Sendable {
    var keyHash: [UInt8]
    var nonce: [UInt8]
  }

  /// All uses, at both sides.
  final class Record: Sendable {
    /// So much of what is sealed is kept.
    private static let beginningByteCount = 40

    private let uses = Mutex<(seals: [Use], opens: [Use])>(([], []))
    private let beginnings = Mutex<[[UInt8]: [UInt8]]>([:])

    var seals: [Use] { uses.withLock { $0.seals } }
    var opens: [Use] { uses.withLock { $0.opens } }

    fileprivate func seal(_ use: Use) { uses.withLock { $0.seals.append(use) } }
    fileprivate func open(_ use: Use) { uses.withLock { $0.opens.append(use) } }

    /// How the body of a sealed record begins.
    ///
    /// - Parameter message: The record as it travels.
    /// - Returns: At most 40 bytes; `nil` when it was not sealed here.
    func beginning(of message: TransportMessage) -> [UInt8]? {
      guard case .binary(let record) = message else { return nil }
      return beginnings.withLock { $0[Array(record.readableBytesView.suffix(16))] }
    }

    fileprivate func beginning(of bytes: borrowing MutableRawSpan) -> [UInt8] {
      bytes.withUnsafeBytes { Array($0.prefix(Self.beginningByteCount)) }
    }

    fileprivate func note(_ beginning: [UInt8], tag: [UInt8]) { beginnings.withLock { $0[tag] = beginning } }
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
      let beginning = record.beginning(of: bytes)
      try inner.seal(&bytes, nonce: nonce, authenticating: associatedData, tag: &tag)
      record.note(beginning, tag: tag.bytes.withUnsafeBytes { Array($0) })
    }

    func open(
      _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: RawSpan
    ) throws(P2PCopyError) {
      try inner.open(&bytes, nonce: nonce, authenticating: associatedData, tag: tag)
      record.open(use(nonce))
    }
  }
}
