import Foundation
import P2PCopyCore
import P2PCopyProtocol1
import TestSupport

/// The known answers of the Python tool p2p-copy 0.1, in `Vectors/`.
struct KnownAnswers: Decodable {
  struct Link: Decodable {
    var payloadHex: String?
    var payload: String?
    var chainHex: String

    enum CodingKeys: String, CodingKey {
      case payloadHex = "payload_hex"
      case payload
      case chainHex = "chain_hex"
    }
  }

  struct FileChain: Decodable {
    var seed: UInt64
    var length: Int
    var chainHex: String
    var prefixLimit: Int
    var prefixHashed: Int
    var prefixChainHex: String

    enum CodingKeys: String, CodingKey {
      case seed
      case length
      case chainHex = "chain_hex"
      case prefixLimit = "prefix_limit"
      case prefixHashed = "prefix_hashed"
      case prefixChainHex = "prefix_chain_hex"
    }
  }

  struct Frame: Decodable {
    var seq: UInt64
    var payloadHex: String
    var frameHex: String

    enum CodingKeys: String, CodingKey {
      case seq
      case payloadHex = "payload_hex"
      case frameHex = "frame_hex"
    }
  }

  var plainCodeHashes: [String: String]
  var chain: [Link]
  var fileChains: [FileChain]
  var chunkFrames: [Frame]

  enum CodingKeys: String, CodingKey {
    case plainCodeHashes = "code_hash_plain_sha256"
    case chain = "chained_sha256_sequence_from_empty_seed"
    case fileChains = "file_chain_over_raw_bytes_1MiB_steps"
    case chunkFrames = "plain_chunk_frames"
  }

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
