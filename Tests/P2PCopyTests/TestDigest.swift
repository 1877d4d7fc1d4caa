import Crypto
import P2PCopyCore

/// SHA-256 as a digest, so that receipts can be tested without a plugin.
struct TestDigest: P2PCopyCore.Digest {
  private final class Context: DigestContext {
    private var hash = SHA256()

    func update(_ bytes: RawSpan) throws(P2PCopyError) {
      bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    func finish() throws(P2PCopyError) -> [UInt8] {
      defer { hash = SHA256() }
      return Array(hash.finalize())
    }

    func copy() throws(P2PCopyError) -> any DigestContext {
      let copy = Context()
      copy.hash = hash
      return copy
    }
  }

  var name: CodecName { "sha256" }
  var summary: String { "for tests" }
  var byteCount: Int { 32 }

  func makeContext() throws(P2PCopyError) -> any DigestContext { Context() }

  /// A registry with nothing else.
  static var registry: CodecRegistry {
    var registry = CodecRegistry()
    registry.register(TestDigest())
    return registry
  }

  static func of(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(bytes))) }
}
