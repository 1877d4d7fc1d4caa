import P2PCopy
import Synchronization
import XXH128

/// A digest that counts the bytes that all of its contexts are given.
struct TallyingDigest: Digest {
  private final class Tally: Sendable {
    let byteCount = Mutex(0)
  }

  private let tally = Tally()

  var digestedByteCount: Int { tally.byteCount.withLock { $0 } }

  var name: CodecName { XXH128Digest().name }
  var summary: String { "for tests" }
  var byteCount: Int { XXH128Digest().byteCount }

  func makeContext() throws(P2PCopyError) -> any DigestContext {
    Context(inner: try XXH128Digest().makeContext(), tally: tally)
  }

  private final class Context: DigestContext {
    let inner: any DigestContext
    let tally: Tally

    init(inner: any DigestContext, tally: Tally) {
      self.inner = inner
      self.tally = tally
    }

    func update(_ bytes: RawSpan) throws(P2PCopyError) {
      let byteCount = bytes.byteCount
      tally.byteCount.withLock { $0 += byteCount }
      try inner.update(bytes)
    }

    func finish() throws(P2PCopyError) -> [UInt8] { try inner.finish() }
  }
}
