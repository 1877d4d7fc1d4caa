import Crypto
import P2PCopyCore

struct TreeDigest: Sendable {
  private var hash = SHA256()
  init() {}
  mutating func add(_ entry: DeliveredEntry) {
    hash.update(data: [entry.kind.rawValue])
    hash.update(data: entry.path)
    hash.update(data: entry.digest)
    hash.update(data: entry.target)
  }
  var value: [UInt8] { Array(hash.finalize()) }
}
