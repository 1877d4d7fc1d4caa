import AESGCM
import Argon2id
import Brotli
import ChaCha20Poly1305
import P2PCopyCLI
import SHA256Sum
import SPAKE2
import WebSocketTransport
import XXH128
import Zstd

await CommandLineTool.main(plugins: [
  WebSocketClientTransport.self, ZstdCompressor.self, BrotliCompressor.self, ChaCha20Poly1305Cipher.self,
  AESGCMCipher.self, XXH128Digest.self, SHA256Digest.self, Argon2idKeyDeriver.self, SPAKE2KeyExchange.self,
])
