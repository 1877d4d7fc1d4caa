import AESGCM
import Argon2id
import ChaCha20Poly1305
public import P2PCopyCore
import SHA256Sum
import SPAKE2
import WebSocketTransport
import XXH128
import Zstd

#if LZ4
  import LZ4
#endif

/// The codecs that `p2p-copy` has: all that this package brings.
///
/// ```swift
/// let codecs = CodecRegistry(plugins: StandardCodecs.plugins)
/// ```
///
/// A build with one more names it behind them, `StandardCodecs.plugins + [MyCompressor.self]`, or in front, where it is
/// preferred to them.
public enum StandardCodecs {
  /// The plugins in order of preference; LZ4 among them where the package trait `LZ4` is enabled.
  ///
  /// ChaCha20-Poly1305 stands before AES-GCM and does not count as accelerated: an offer puts ciphers that the processor
  /// has instructions for in front, so AES-GCM comes first exactly where it is the faster one.
  public static var plugins: [any CodecPlugin.Type] {
    var plugins: [any CodecPlugin.Type] = [WebSocketClientTransport.self, ZstdCompressor.self]
    #if LZ4
      plugins.append(LZ4Compressor.self)
    #endif
    plugins += [
      ChaCha20Poly1305Cipher.self, AESGCMCipher.self, XXH128Digest.self, SHA256Digest.self, Argon2idKeyDeriver.self,
      SPAKE2KeyExchange.self,
    ]
    return plugins
  }
}
