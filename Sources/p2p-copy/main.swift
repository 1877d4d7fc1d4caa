import AESGCM
import Argon2id
import ChaCha20Poly1305
import P2PCopyCLI
import SHA256Sum
import SPAKE2
import WebSocketTransport
import XXH128
import Zstd

// In order of preference. ChaCha20-Poly1305 stands before AES-GCM and does not count as accelerated: an offer puts
// ciphers that the processor has instructions for in front, so AES-GCM comes first exactly where it is the faster one.
#if LZ4
  import LZ4

  await CommandLineTool.main(plugins: [
    WebSocketClientTransport.self, ZstdCompressor.self, LZ4Compressor.self, ChaCha20Poly1305Cipher.self,
    AESGCMCipher.self, XXH128Digest.self, SHA256Digest.self, Argon2idKeyDeriver.self, SPAKE2KeyExchange.self,
  ])
#else
  await CommandLineTool.main(plugins: [
    WebSocketClientTransport.self, ZstdCompressor.self, ChaCha20Poly1305Cipher.self, AESGCMCipher.self,
    XXH128Digest.self, SHA256Digest.self, Argon2idKeyDeriver.self, SPAKE2KeyExchange.self,
  ])
#endif
