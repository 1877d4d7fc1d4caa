import AESGCM
import Argon2id
import P2PCopyCLI
import WebSocketTransport
import Zstd

#if LZ4
  import LZ4

  await CommandLineTool.main(plugins: [
    WebSocketClientTransport.self, ZstdCompressor.self, LZ4Compressor.self, AESGCMCipher.self, Argon2idKeyDeriver.self,
  ])
#else
  await CommandLineTool.main(plugins: [
    WebSocketClientTransport.self, ZstdCompressor.self, AESGCMCipher.self, Argon2idKeyDeriver.self,
  ])
#endif
