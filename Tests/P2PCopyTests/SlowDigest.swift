import Glibc
import P2PCopy
import XXH128

/// A digest that takes a while over data of a certain size.
struct SlowDigest: Digest {
  /// Updates with so many bytes are slow.
  static let slowByteCount = 4096

  private static let microseconds: UInt32 = 200_000

  var name: CodecName { XXH128Digest().name }
  var summary: String { "for tests" }
  var byteCount: Int { XXH128Digest().byteCount }

  func makeContext() throws(P2PCopyError) -> any DigestContext { Context(inner: try XXH128Digest().makeContext()) }

  private final class Context: DigestContext {
    let inner: any DigestContext

    init(inner: any DigestContext) {
      self.inner = inner
    }

    func update(_ bytes: RawSpan) throws(P2PCopyError) {
      if bytes.byteCount == SlowDigest.slowByteCount { usleep(SlowDigest.microseconds) }
      try inner.update(bytes)
    }

    func finish() throws(P2PCopyError) -> [UInt8] { try inner.finish() }

    func copy() throws(P2PCopyError) -> any DigestContext { Context(inner: try inner.copy()) }
  }
}
