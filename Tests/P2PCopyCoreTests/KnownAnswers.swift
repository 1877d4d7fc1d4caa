import Foundation
import P2PCopyCore

/// The known answers of the Python tool p2p-copy 0.1, in `Vectors/`.
struct KnownAnswers: Decodable {
  struct Link: Decodable {
    var payload_hex: String?
    var payload: String?
    var chain_hex: String
  }

  struct FileChain: Decodable {
    var seed: UInt64
    var length: Int
    var chain_hex: String
    var prefix_limit: Int
    var prefix_hashed: Int
    var prefix_chain_hex: String
  }

  struct Frame: Decodable {
    var seq: UInt64
    var payload_hex: String
    var frame_hex: String
  }

  var code_hash_plain_sha256: [String: String]
  var chained_sha256_sequence_from_empty_seed: [Link]
  var file_chain_over_raw_bytes_1MiB_steps: [FileChain]
  var plain_chunk_frames: [Frame]

  static func load() throws -> KnownAnswers {
    let url = Bundle.module.bundleURL.appendingPathComponent("Vectors/p2p-copy-0.1.json")
    return try JSONDecoder().decode(KnownAnswers.self, from: Data(contentsOf: url))
  }

  /// The vectors' file content: block i is the SHA-256 of seed and i, both u64 big endian.
  static func content(seed: UInt64, length: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length + 32)
    var index: UInt64 = 0
    while bytes.count < length {
      var input = withUnsafeBytes(of: seed.bigEndian) { Array($0) }
      input += withUnsafeBytes(of: index.bigEndian) { Array($0) }
      var hash = ChainedChecksum()
      bytes += hash.update(with: input)
      index += 1
    }
    return Array(bytes.prefix(length))
  }
}
