import CLibcrypto
import Libcrypto
import P2PCopyCore

/// An `EVP_MD_CTX`, reused for one input after the other.
final class SHA256Context: DigestContext {
  private let byteCount: Int
  private let context: OpaquePointer

  init(byteCount: Int) throws(P2PCopyError) {
    guard let context = EVP_MD_CTX_new() else { throw .libcrypto("make a context") }
    self.byteCount = byteCount
    self.context = context
    // Looked up once: with EVP_sha256() libcrypto would do it again at every start.
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else { throw .libcrypto("find SHA-256") }
    defer { EVP_MD_free(algorithm) }
    guard EVP_DigestInit_ex(context, algorithm, nil) == 1 else { throw .libcrypto("start a digest") }
  }

  deinit {
    EVP_MD_CTX_free(context)
  }

  func update(_ bytes: RawSpan) throws(P2PCopyError) {
    let result = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    guard result == 1 else { throw .libcrypto("digest \(bytes.byteCount) bytes") }
  }

  func finish() throws(P2PCopyError) -> [UInt8] {
    var result: Int32 = 0
    let digest = [UInt8](unsafeUninitializedCapacity: byteCount) { room, count in
      result = EVP_DigestFinal_ex(context, room.baseAddress, nil)
      count = result == 1 ? byteCount : 0
    }
    guard result == 1 else { throw .libcrypto("finish a digest") }
    // Without an algorithm: the one from before.
    guard EVP_DigestInit_ex(context, nil, nil) == 1 else { throw .libcrypto("start a digest") }
    return digest
  }
}
