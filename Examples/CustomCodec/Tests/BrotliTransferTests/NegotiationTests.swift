import Brotli
import ChaCha20Poly1305
import P2PCopy
import P2PCopyCore
import SHA256Sum
import Testing
import XXH128
import Zstd

@Suite("What two builds agree on")
struct NegotiationTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.writeTextTree("texts")
  }

  @Test("Both have Brotli, and the sender prefers it")
  func bothHaveBrotli() async throws {
    let (brotli, zstd) = (CodecUse(), CodecUse())
    var transfer = InProcessTransfer()
    transfer.senderCodecs.register(CountingCompressor(ZstdCompressor(), zstd))
    transfer.senderCodecs.register(CountingCompressor(BrotliCompressor(), brotli))
    try transfer.senderCodecs.prefer(compressor: "brotli@example.org")
    try transfer.senderCodecs.set("level", of: "brotli@example.org", to: .integer(3))
    // The receiver would rather have the other one: the sender's order decides.
    transfer.receiverCodecs.register(CountingCompressor(ZstdCompressor(), zstd))
    transfer.receiverCodecs.register(CountingCompressor(BrotliCompressor(), brotli))
    try await expectArrival(transfer)
    // At least the chunks of three large files and a pack; a page of one entry does not shrink.
    #expect(brotli.compressedCount >= 4)
    #expect((4...brotli.compressedCount).contains(brotli.decompressedCount))
    #expect(zstd.compressedCount == 0)
    #expect(zstd.decompressedCount == 0)
  }

  @Test("The receiver has no Brotli: both take the sender's next")
  func receiverLacksBrotli() async throws {
    let (brotli, zstd) = (CodecUse(), CodecUse())
    var transfer = InProcessTransfer()
    transfer.senderCodecs.register(CountingCompressor(BrotliCompressor(), brotli))
    transfer.senderCodecs.register(CountingCompressor(ZstdCompressor(), zstd))
    transfer.receiverCodecs.register(CountingCompressor(ZstdCompressor(), zstd))
    try await expectArrival(transfer)
    #expect(brotli.compressedCount == 0)
    #expect(zstd.compressedCount >= 4)
    #expect(zstd.decompressedCount >= 4)
  }

  @Test("No compressor is common: nothing is compressed")
  func noCommonCompressor() async throws {
    let brotli = CodecUse()
    var transfer = InProcessTransfer()
    transfer.senderCodecs.register(CountingCompressor(BrotliCompressor(), brotli))
    transfer.receiverCodecs.register(ZstdCompressor())
    try await expectArrival(transfer)
    #expect(brotli.compressedCount == 0)
  }

  @Test("No digest is common: both sides say what each has")
  func noCommonDigest() async throws {
    var transfer = InProcessTransfer()
    transfer.senderCodecs.register(SHA256Digest())
    transfer.receiverCodecs.register(XXH128Digest())
    try await expectFailure(transfer, naming: ["share no digest", "digests: sha256", "digests: xxh128"])
  }

  @Test("No cipher is common: both sides say what each has")
  func noCommonCipher() async throws {
    var transfer = InProcessTransfer()
    transfer.senderCodecs.register(ChaCha20Poly1305Cipher())
    transfer.sendOptions.cipher = "chacha20-poly1305"
    for codecs in [\InProcessTransfer.senderCodecs, \.receiverCodecs] {
      transfer[keyPath: codecs].register(XXH128Digest())
    }
    try await expectFailure(
      transfer, naming: ["share no cipher", "ciphers: chacha20-poly1305", "ciphers: aes-256-gcm"])
  }

  private func expectArrival(_ transfer: InProcessTransfer) async throws {
    var transfer = transfer
    transfer.sendOptions.compression = .on
    transfer.senderCodecs.register(XXH128Digest())
    transfer.receiverCodecs.register(XXH128Digest())
    let results = try await transfer.run(folder["texts"], into: folder["out"])
    let sent = try results.sent.get()
    #expect(try results.received.get().completeFileCount == sent.completeFileCount)
    #expect(sent.completeFileCount == 44)
    #expect(try folder.files("out/texts") == folder.files("texts"))
  }

  private func expectFailure(_ transfer: InProcessTransfer, naming texts: [String]) async throws {
    let results = try await transfer.run(folder["texts"], into: folder["out"])
    for result in [results.sent, results.received] {
      let error = #expect(throws: P2PCopyError.self) { try result.get() }
      #expect(error?.code == .noCommonCodec)
      for text in texts { #expect(error?.message.contains(text) == true, "\(error?.message ?? "")") }
    }
    #expect(try folder.files("out").isEmpty)
  }
}
