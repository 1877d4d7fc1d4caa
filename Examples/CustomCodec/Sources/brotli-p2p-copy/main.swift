import AESGCM
import Argon2id
import Brotli
import P2PCopyCLI
import WebSocketTransport
import Zstd

await CommandLineTool.main(plugins: [
  WebSocketClientTransport.self, ZstdCompressor.self, AESGCMCipher.self, Argon2idKeyDeriver.self, BrotliCompressor.self,
])
