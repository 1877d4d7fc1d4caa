import NIOCore
import P2PCopy
import P2PCopyWire

/// Packs that a test makes.
enum TestPack {
  /// The raw form of a pack.
  ///
  /// - Parameters:
  ///   - files: Index and content of each file.
  ///   - byteCount: What each file's header says its size is, if not the truth.
  ///   - digestOf: What each file's header has the digest of, if not of its content.
  /// - Returns: The body behind the bulk header.
  static func body(
    _ files: [(index: UInt64, content: [UInt8])], byteCount: Int64? = nil, digestOf: [UInt8]? = nil
  ) -> [UInt8] {
    var body = ByteBuffer()
    for (index, content) in files {
      FileEnd(
        index: index, byteCount: byteCount ?? Int64(content.count), metadata: nil,
        digest: TestDigests.xxh128(digestOf ?? content)
      ).write(to: &body)
      body.writeBytes(content)
    }
    return Array(body.readableBytesView)
  }
}
