import P2PCopyCore
import P2PCopyTesting
import SHA256Sum
import Testing
import XXH128

@Suite struct DigestTests {
  @Test("SHA-256 conforms")
  func sha256Conforms() async {
    let text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    await checkDigest(
      SHA256Digest(),
      vectors: [
        DigestVector(
          source: "NIST's example of one block", input: Array("abc".utf8),
          digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        DigestVector(
          source: "NIST's example of two blocks", input: Array(text.utf8),
          digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        DigestVector(
          source: "sha256sum of nothing", input: [],
          digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        DigestVector(
          source: "sha256sum of 1 MiB and a byte", input: Self.pattern((1 << 20) + 1),
          digest: "2e03ca61f4a73ee9eb44fbf6d1ab7805149795e5cdff7216a83d2e89e6bd4d0f"),
      ])
  }

  @Test("XXH128 conforms")
  func xxh128Conforms() async {
    // xxhsum -H128, version 0.8.1. The counts are on both sides of the borders between the algorithm's branches.
    let answers = [
      16: "8d0b1cd2088b9620843f49fff931d541",
      17: "340f6f9202ad1131a378e80882221151",
      128: "9ac3a2d505dc8bbaffb5b9abed8b314d",
      129: "4f3f783d604d0184c83022477e6bf25a",
      240: "550b8ce07c44bc98c018ce69a32b5a7c",
      241: "8e7e1f2fe4156df918773c512b008a63",
      1024: "ca0734277d95a4f1ab2e2c36eaabb795",
      1025: "76c5542f2dfdc72b7add40322e460958",
      (1 << 20) + 1: "aeabfb9501f3a460f13fbb854282ed7d",
    ]
    var vectors = answers.map { count, answer in
      DigestVector(source: "xxhsum of \(count) bytes", input: Self.pattern(count), digest: answer)
    }
    vectors.append(DigestVector(source: "xxhsum of nothing", input: [], digest: "99aa06d3014798d86001c324468d497f"))
    vectors.append(
      DigestVector(source: "xxhsum of abc", input: Array("abc".utf8), digest: "06b05ab6733a618578af5f94892f3950"))
    await checkDigest(XXH128Digest(), vectors: vectors)
  }

  /// Bytes that repeat late.
  private static func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31 + ($0 >> 8) * 17) }
  }
}
