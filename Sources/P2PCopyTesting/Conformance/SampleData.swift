/// Bytes to try codecs on.
enum SampleData {
  /// The chunk size of the protocols: 1 MiB.
  static let chunkByteCount = 1 << 20

  /// The sizes that codecs have stumbled over.
  static let byteCounts = [
    0, 1, 2, 15, 16, 17, 255, 256, 65_537, chunkByteCount - 1, chunkByteCount, chunkByteCount + 1,
  ]

  static func random(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return generator.bytes(count)
  }

  /// Text that compresses to a few parts of its size: words from a small list.
  static func text(_ count: Int, seed: UInt64 = 2) -> [UInt8] {
    let words = ["peer", "relay", "chunk", "nonce", "tag", "frame", "codec", "of", "the", "and", "\n"].map {
      Array($0.utf8)
    }
    var generator = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      bytes += words[Int.random(in: words.indices, using: &generator)]
      bytes.append(UInt8(ascii: " "))
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// The three kinds of content, by name.
  static func kinds(_ count: Int) -> [(name: String, bytes: [UInt8])] {
    [
      ("zeros", [UInt8](repeating: 0, count: count)),
      ("text", text(count)),
      ("random bytes", random(count)),
    ]
  }
}
