import AESGCM
import Argon2id
import ChaCha20Poly1305
import P2PCopyCore
import P2PCopyWire
import SHA256Sum
import SPAKE2
import Testing
import XXH128
import Zstd

@Suite struct RegistrationTests {
  @Test("Plugins register themselves")
  func pluginsRegisterThemselves() throws {
    let registry = CodecRegistry(plugins: [
      ZstdCompressor.self, ChaCha20Poly1305Cipher.self, AESGCMCipher.self, XXH128Digest.self, SHA256Digest.self,
      Argon2idKeyDeriver.self, SPAKE2KeyExchange.self,
    ])
    #expect(registry.compressors.map(\.name) == ["zstd"])
    #expect(registry.ciphers.map(\.name) == ["chacha20-poly1305", "aes-256-gcm"])
    #expect(registry.digests.map(\.name) == ["xxh128", "sha256"])
    #expect(registry.keyDerivers.map(\.name) == ["argon2id"])
    #expect(registry.keyExchanges.map(\.name) == ["spake2-p256"])
    let level = try #require(registry.compressor(named: "zstd")?.parameters.first)
    #expect(level.name == "level" && level.value == .integer(3) && level.domain == .integers(-131_072...22))
  }

  @Test("Cipher of an offer follows the processor")
  func cipherOfAnOfferFollowsTheProcessor() {
    let registry = CodecRegistry(plugins: [ChaCha20Poly1305Cipher.self, AESGCMCipher.self])
    let first = CodecOffer(registry).ciphers.first?.name
    #expect(first == (AESGCMCipher().isAccelerated ? "aes-256-gcm" : "chacha20-poly1305"))
  }
}
