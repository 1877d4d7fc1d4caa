import AESGCM
import ChaCha20Poly1305
import NIOCore
import P2PCopy
import P2PCopyTesting
import SPAKE2
import Synchronization
import TestSupport
import Testing
import XXH128
import Zstd

@Suite("Keys and nonces")
struct NonceTests {
  private static func codecs(_ record: CountingCipher.Record, preferred: any Cipher, other: any Cipher) -> CodecRegistry
  {
    var codecs = CodecRegistry(plugins: [ZstdCompressor.self, XXH128Digest.self, SPAKE2KeyExchange.self])
    codecs.register(QuickKeyDeriver())
    codecs.register(CountingCipher(inner: preferred, record: record))
    codecs.register(CountingCipher(inner: other, record: record))
    return codecs
  }

  @Test(
    "No key meets a nonce twice: over a transfer that breaks off, the one that resumes it, and one that has nothing to do",
    arguments: [true, false])
  func nonces(prefersAES: Bool) async throws {
    let folder = try TemporaryDirectory()
    for index in 0..<30 { try folder.write(TestContent.random(2000 + index, seed: UInt64(index)), to: "tree/\(index)") }
    try folder.write(TestContent.random(9 << 20, seed: 1), to: "tree/large")
    let record = CountingCipher.Record()
    let ciphers: [any Cipher] = [AESGCMCipher(), ChaCha20Poly1305Cipher()]
    let codecs = Self.codecs(record, preferred: ciphers[prefersAES ? 0 : 1], other: ciphers[prefersAES ? 1 : 0])
    var sealed = 0

    // The relay breaks off in the middle of the large file.
    let count = Mutex(0)
    let breaking = QuickTransfer(
      tamper: { message, direction in
        if direction == .senderToReceiver,
          count.withLock({
            $0 += 1; return $0
          }) > 9
        {
          return []
        }
        return [message]
      }, codecs: codecs)
    let broken = await breaking.run([folder.path("tree")], into: folder.path("out")) {
      count.withLock { $0 } > 9
    }
    #expect(broken.sent.errorCode != nil && broken.received.errorCode != nil)
    // Offer, selection, page, answer, and some of the file: how much depends on how busy the machine is.
    #expect(record.seals.count > 5)
    sealed = record.seals.count

    for isFirst in [true, false] {
      let opensBefore = record.opens.count
      let transfer = QuickTransfer(codecs: codecs)
      let summaries = try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
      #expect(try folder.tree("out/tree") == folder.tree("tree"))
      #expect(summaries.received.resumedByteCount > 0)
      if !isFirst { #expect(summaries.received.unchangedFileCount == 31) }
      // Whatever was sealed was opened, once, in the same order each way.
      let seals = record.seals[sealed...]
      let opens = record.opens[opensBefore...]
      #expect(seals.count == opens.count)
      #expect(Set(seals) == Set(opens))
      // Bootstrap and data keys of both directions.
      #expect(Set(seals.map(\.keyHash)).count == 4)
      sealed = record.seals.count
    }
    let seals = record.seals
    #expect(Set(seals).count == seals.count)
    // Three sessions with four keys each: none is used in two of them.
    #expect(Set(seals.map(\.keyHash)).count == 12)
    #expect(seals.allSatisfy { $0.nonce.count == 12 })
  }
}
