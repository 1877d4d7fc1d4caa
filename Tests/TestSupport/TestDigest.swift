import Crypto
package import P2PCopyCore

/// SHA-256 as a digest, so that receipts can be tested without a plugin.
package struct TestDigest: P2PCopyCore.Digest {
  private final class Context: DigestContext {
    private var hash = SHA256()

    func update(_ bytes: RawSpan) throws(P2PCopyError) {
      bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    func finish() throws(P2PCopyError) -> [UInt8] {
      defer { hash = SHA256() }
      return Array(hash.finalize())
    }
  }

  package init() {}

  package var name: CodecName { "sha256" }
  package var summary: String { "for tests" }
  package var byteCount: Int { 32 }

  package func makeContext() throws(P2PCopyError) -> any DigestContext { Context() }

  /// A registry with nothing else.
  package static var registry: CodecRegistry {
    var registry = CodecRegistry()
    registry.register(TestDigest())
    return registry
  }

  package static func of(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(bytes))) }
}
