import AESGCM
import Dispatch
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import SPAKE2
import Synchronization
import TestSupport
import Testing
import XXH128
import Zstd

/// What a receiver makes of content while it writes what came before.
@Suite("Content that is made ready ahead")
struct IncomingContentTests {
  /// A compressor whose first decompression of a chunk does not end before another chunk is decompressed.
  private struct WaitingCompressor: Compressor {
    let gate = Gate()
    let inner = ZstdCompressor()

    var name: CodecName { inner.name }
    var summary: String { "for tests" }

    func maximumCompressedByteCount(for byteCount: Int) -> Int { inner.maximumCompressedByteCount(for: byteCount) }

    func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext { try inner.makeCompressionContext() }

    func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext {
      Context(gate: gate, inner: try inner.makeDecompressionContext())
    }

    final class Gate: Sendable {
      /// Long enough for a machine that does much else; a receiver that decompresses one chunk after the other waits for it.
      private static let patience = DispatchTimeInterval.seconds(60)

      private let state = Mutex((isFirstInside: false, chunkCount: 0))
      private let another = DispatchSemaphore(value: 0)
      /// Whether another chunk was decompressed while the first was held up.
      let wasPassed = Mutex(false)

      func enter() {
        let isFirst = state.withLock { state in
          defer { state.isFirstInside = true }
          return !state.isFirstInside
        }
        guard isFirst else { return }
        let didPass = another.wait(timeout: .now() + Self.patience) == .success
        wasPassed.withLock { $0 = didPass }
      }

      func leave() {
        another.signal()
      }
    }

    private final class Context: DecompressionContext {
      let gate: Gate
      let inner: any DecompressionContext

      init(gate: Gate, inner: any DecompressionContext) {
        self.gate = gate
        self.inner = inner
      }

      func decompress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
        // Pages are small.
        guard output.freeCapacity == 1 << 20 else { return try inner.decompress(input, into: &output) }
        gate.enter()
        try inner.decompress(input, into: &output)
        gate.leave()
      }
    }
  }

  @Test("Chunks that are decompressed out of order are digested and written in order")
  func outOfOrder() async throws {
    let folder = try TemporaryDirectory()
    // Each chunk is another one.
    var content = TestContent.compressible(6 << 20)
    for chunk in 0..<6 { content[chunk << 20] = UInt8(chunk) }
    try folder.write(content, to: "x")
    let compressor = WaitingCompressor()
    var codecs = CodecRegistry(plugins: [AESGCMCipher.self, XXH128Digest.self, SPAKE2KeyExchange.self])
    codecs.register(QuickKeyDeriver())
    codecs.register(compressor)
    let transfer = QuickTransfer(codecs: codecs)
    try await transfer.succeed([folder.path("x")], into: folder.path("out"))
    #expect(folder.read("out/x") == content)
    #expect(compressor.gate.wasPassed.withLock { $0 })
  }

  private func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    var packed = [UInt8](repeating: 0, count: ZstdCompressor().maximumCompressedByteCount(for: bytes.count))
    let context = try ZstdCompressor().makeCompressionContext()
    let count = try packed.withUnsafeMutableBytes { memory in
      var span = OutputRawSpan(buffer: memory, initializedCount: 0)
      try context.compress(bytes.span.bytes, into: &span)
      return span.finalize(for: memory)
    }
    return Array(packed[..<count])
  }

  @Test("A chunk that is corrupt ends the session as such; what came before is stored, nothing behind it is")
  func corruptChunk() async throws {
    let rig = try HostileSenderRig()
    let chunks = (0..<4).map { number in TestContent.compressible(1 << 20).map { $0 ^ UInt8(number) } }
    let packed = try chunks.map(compressed)
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.entry("x", size: 4 << 20)])
      _ = try await peer.receiveAnswer()
      for (number, chunk) in packed.enumerated() {
        let bytes = number == 2 ? Array(chunk.dropLast(7)) : chunk
        try await peer.send(
          bulk: .chunk, bytes, index: 0, offset: UInt64(number << 20), announcing: 1 << 20, isCompressed: true)
      }
      try await peer.sendFileEnd(0, Array(chunks.joined()))
    }
    #expect(outcome.received.errorCode == .corruptData)
    #expect(outcome.said == .corruptData)
    #expect(rig.folder.read("out/x") == nil)
    #expect(rig.folder.read("out/.x.p2p-copy-partial") == chunks[0] + chunks[1])
  }

  @Test("A pack that is corrupt ends the session as such, and nothing of it is placed")
  func corruptPack() async throws {
    let rig = try HostileSenderRig()
    let content = TestContent.compressible(1000)
    let good = try compressed(TestPack.body([(0, content)]))
    let bad = TestPack.body([(1, content), (2, content)])
    let outcome = try await rig.receive { peer in
      try await peer.send(page: ["x", "y", "z"].map { rig.entry($0, size: 1000) })
      _ = try await peer.receiveAnswer()
      try await peer.send(
        bulk: .pack, good, index: 0, announcing: TestPack.body([(0, content)]).count, isCompressed: true)
      try await peer.send(
        bulk: .pack, Array(try compressed(bad).dropLast(3)), index: 1, announcing: bad.count, isCompressed: true)
    }
    #expect(outcome.received.errorCode == .corruptData)
    #expect(try rig.folder.tree("out") == ["x": content])
  }

  @Test("A pack has no more files than a page has entries")
  func endlessPack() async throws {
    let rig = try HostileSenderRig()
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.entry("x", size: 0)])
      _ = try await peer.receiveAnswer()
      try await peer.send(
        packBody: TestPack.body((0...ManifestPage.maximumEntryCount).map { (UInt64($0), []) }))
    }
    #expect(outcome.received.errorCode == .protocolViolation)
    #expect(try rig.folder.tree("out").isEmpty)
  }
}
