import AESGCM
import P2PCopy
import SHA256Sum
import SPAKE2
import Synchronization
import TestSupport
import Testing
import XXH128
import Zstd

/// Files that a faulty codec damages on their way.
@Suite("Files that arrive damaged")
struct DamagedFileTests {
  /// A compressor that gives wrong bytes out of right ones, so many times.
  private struct FaultyCompressor: Compressor {
    final class Faults: Sendable {
      private let count: Mutex<Int>

      init(_ count: Int) {
        self.count = Mutex(count)
      }

      func next() -> Bool {
        count.withLock { count in
          count -= 1
          return count >= 0
        }
      }
    }

    let faults: Faults
    /// Of what size the content is that is damaged.
    let byteCounts: ClosedRange<Int>
    let inner = ZstdCompressor()

    var name: CodecName { inner.name }
    var summary: String { "for tests" }

    func maximumCompressedByteCount(for byteCount: Int) -> Int { inner.maximumCompressedByteCount(for: byteCount) }

    func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext { try inner.makeCompressionContext() }

    func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext {
      Context(faults: faults, byteCounts: byteCounts, inner: try inner.makeDecompressionContext())
    }

    private final class Context: DecompressionContext {
      let faults: Faults
      let byteCounts: ClosedRange<Int>
      let inner: any DecompressionContext

      init(faults: Faults, byteCounts: ClosedRange<Int>, inner: any DecompressionContext) {
        self.faults = faults
        self.byteCounts = byteCounts
        self.inner = inner
      }

      func decompress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
        let isFaulty = byteCounts.contains(output.freeCapacity) && faults.next()
        try inner.decompress(input, into: &output)
        guard isFaulty else { return }
        output.withUnsafeMutableBytes { memory, count in memory[count - 1] ^= 1 }
      }
    }
  }

  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private func transfer(
    faults: Int, of byteCounts: ClosedRange<Int>, digest: CodecName = "xxh128"
  ) -> QuickTransfer {
    var codecs = CodecRegistry(plugins: [AESGCMCipher.self, SPAKE2KeyExchange.self])
    codecs.register(QuickKeyDeriver())
    codecs.register(FaultyCompressor(faults: FaultyCompressor.Faults(faults), byteCounts: byteCounts))
    if digest == "sha256" { codecs.register(SHA256Digest()) } else { codecs.register(XXH128Digest()) }
    var transfer = QuickTransfer(codecs: codecs)
    transfer.sendOptions.compression = .on
    return transfer
  }

  private static let chunk = (1 << 20)...(1 << 20)

  @Test(
    "Only the damaged chunks come once more", arguments: [1, 3], ["xxh128", "sha256"] as [CodecName])
  func chunks(count: Int, digest: CodecName) async throws {
    let content = TestContent.compressible((20 << 20) + 5000)
    try folder.write(content, to: "tree/large")
    try folder.write(TestContent.compressible(5000), to: "tree/small")
    let transfer = transfer(faults: count, of: Self.chunk, digest: digest)
    let summaries = try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    #expect(folder.read("out/tree/large") == content)
    #expect(try folder.tree("out/tree").keys.sorted() == ["large", "small"])
    for summary in [summaries.sent, summaries.received] {
      #expect(summary.transferredByteCount == Int64(content.count + 5000 + (count << 20)))
      #expect(summary.notices.contains { $0.contains("once more") }, "\(summary.notices)")
    }
  }

  @Test("A file of a pack comes once more")
  func pack() async throws {
    let content = TestContent.compressible(5000)
    for name in ["a", "b", "c"] { try folder.write(content, to: "tree/\(name)") }
    // The last file of it is concerned.
    let transfer = transfer(faults: 1, of: 15_000...16_000)
    let summaries = try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    #expect(try folder.tree("out/tree") == ["a": content, "b": content, "c": content])
    #expect(summaries.received.transferredByteCount == 20_000)
  }

  @Test("Many files on many pages come once more, each by itself")
  func manyPages() async throws {
    for number in 0..<3000 {
      try folder.write(TestContent.compressible(300 + number % 50), to: "tree/\(number % 7)/\(number)")
    }
    try folder.write(TestContent.compressible(5 << 20), to: "tree/3/large")
    let transfer = transfer(faults: 6, of: 20_000...(1 << 20))
    try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    #expect(try folder.tree("out/tree") == folder.tree("tree"))
  }

  @Test("In memory, where nothing can be gone on with, all of a file comes once more")
  func memory() async throws {
    let content = TestContent.compressible(3 << 20)
    try folder.write(content, to: "tree/large")
    let transfer = transfer(faults: 1, of: Self.chunk)
    let receiver = try Receiver(
      relay: "memory://relay", code: transfer.receiverCode, codecs: transfer.codecs, options: transfer.receiveOptions)
    let destination = MemoryDestination(byteLimit: 16 << 20)
    async let sent = transfer.send([folder.path("tree")])
    let received = try await receiver.receive(to: destination)
    #expect(await sent.errorCode == nil)
    #expect(received.completeFileCount == 1)
    #expect(destination["tree/large"] == content)
  }

  @Test("What is damaged every time fails, under no name, and the rest arrives")
  func always() async throws {
    try folder.write(TestContent.compressible(3 << 20), to: "tree/large")
    try folder.write([1, 2], to: "tree/small")
    let results = await transfer(faults: .max, of: Self.chunk).run([folder.path("tree")], into: folder.path("out"))
    #expect(results.received.errorCode == .checksumMismatch)
    #expect(results.sent.errorCode != nil)
    #expect(try folder.tree("out/tree") == ["small": [1, 2]])
  }

  @Test("With two lanes and a receipt, what is in place is what the receipt says")
  func receipt() async throws {
    let content = TestContent.compressible(12 << 20)
    try folder.write(content, to: "tree/large")
    var transfer = transfer(faults: 2, of: Self.chunk)
    transfer.sendOptions.connections = .exactly(2)
    transfer.receiveOptions.receiptFile = LocalPath(folder.path("receipt"))
    try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    let verification = try ReceiptVerification(receiptFile: folder.path("receipt"), codecs: transfer.codecs)
    #expect(verification.isComplete)
    #expect(try verification.verify(directory: folder.path("out")).error == nil)
  }
}
