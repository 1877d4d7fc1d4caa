import AESGCM
import ChaCha20Poly1305
import P2PCopyCLI
import SHA256Sum
import SPAKE2
import WebSocketTransport
import XXH128
import Zstd

// The command as it is, but for the derivation of its password: thousands of processes are started for the mutations.
await CommandLineTool.main(plugins: [
  WebSocketClientTransport.self, ZstdCompressor.self, ChaCha20Poly1305Cipher.self, AESGCMCipher.self,
  XXH128Digest.self, SHA256Digest.self, QuickKeyDeriver.self, SPAKE2KeyExchange.self,
])
