import Crypto
import P2PCopy
import P2PCopyWire

/// What a peer that the test plays says was delivered; counted and digested by the test itself.
enum TestDelivery {
  case file(String, [UInt8])
  case directory(String)

  /// Totals and tree digest.
  static func totals(of entries: [TestDelivery]) -> (SessionTotals, treeDigest: [UInt8]) {
    var totals = SessionTotals()
    var encoded: [UInt8] = []
    func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.bigEndian) { encoded += $0 } }
    for entry in entries {
      switch entry {
      case .file(let path, let content):
        totals.addFile(byteCount: Int64(content.count))
        encoded.append(0)
        append(UInt32(path.utf8.count))
        encoded += path.utf8
        append(UInt64(content.count))
        let digest = TestDigests.xxh128(content)
        encoded.append(UInt8(digest.count))
        encoded += digest
      case .directory(let path):
        totals.addOther()
        encoded.append(1)
        append(UInt32(path.utf8.count))
        encoded += path.utf8
      }
    }
    return (totals, Array(SHA256.hash(data: encoded)))
  }
}
