import AESGCM
import Argon2id
import P2PCopyCore
import Testing
import Zstd

@Suite struct RegistrationTests {
  @Test func pluginsRegisterThemselves() throws {
    let registry = CodecRegistry(plugins: [ZstdCompressor.self, AESGCMCipher.self, Argon2idKeyDeriver.self])
    #expect(registry.compressors.map(\.name) == ["zstd"])
    #expect(registry.ciphers.map(\.name) == ["aes-256-gcm"])
    #expect(registry.keyDerivers.map(\.name) == ["argon2id"])
    let level = try #require(registry.compressor(named: "zstd")?.parameters.first)
    #expect(level.name == "level" && level.value == 3 && level.range == -131_072...22)
  }
}
