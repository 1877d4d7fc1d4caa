import Crypto
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import Testing

@Suite("Tree digest")
struct TreeDigestTests {
  @Test("It is SHA-256 over the encoding that the documentation gives")
  func encoding() {
    var digest = TreeDigest()
    #expect(digest.value == Array(SHA256.hash(data: [UInt8]())))
    digest.add(DeliveredEntry(path: Array("a/b".utf8), kind: .file, byteCount: 258, digest: [7, 8], mode: 0o644))
    var bytes: [UInt8] = [0, 0, 0, 0, 3, 0x61, 0x2F, 0x62, 0, 0, 0, 0, 0, 0, 1, 2, 2, 7, 8]
    #expect(digest.value == Array(SHA256.hash(data: bytes)))
    digest.add(DeliveredEntry(path: Array("d".utf8), kind: .directory, modificationSeconds: 1))
    bytes += [1, 0, 0, 0, 1, 0x64]
    digest.add(DeliveredEntry(path: [0xFF], kind: .symbolicLink, target: Array("a/b".utf8)))
    bytes += [2, 0, 0, 0, 1, 0xFF, 0, 0, 0, 3, 0x61, 0x2F, 0x62]
    #expect(digest.value == Array(SHA256.hash(data: bytes)))
    // The value can be asked for in between, and more than once.
    #expect(digest.value == Array(SHA256.hash(data: bytes)))
  }

  @Test("Order counts")
  func order() {
    let entries = ["a", "b"].map { DeliveredEntry(path: Array($0.utf8), kind: .directory) }
    var (forward, backward) = (TreeDigest(), TreeDigest())
    for entry in entries { forward.add(entry) }
    for entry in entries.reversed() { backward.add(entry) }
    #expect(forward.value != backward.value)
  }
}
