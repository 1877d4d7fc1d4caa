import Argon2id
import P2PCopyCore
import P2PCopyTesting
import Testing

@Suite struct Argon2idTests {
  @Test("Conforms")
  func conforms() async {
    await checkKeyDeriver(
      Argon2idKeyDeriver(), vectors: Self.referenceTests + Self.protocol1,
      cost: ["iterations": 2, "memory-kibibytes": 64, "parallelism": 2])
  }

  /// The reference implementation's own tests (github.com/P-H-C/phc-winner-argon2, src/test.c), version 0x13. The
  /// vector of RFC 9106 has a key and associated data, which the library's plain interface does not take.
  private static let referenceTests = [
    reference(
      2, 1 << 16, 1, "password", "somesalt", "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"),
    reference(2, 1 << 8, 1, "password", "somesalt", "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
    reference(2, 1 << 8, 2, "password", "somesalt", "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"),
    reference(
      1, 1 << 16, 1, "password", "somesalt", "f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98"),
    reference(
      4, 1 << 16, 1, "password", "somesalt", "9025d48e68ef7395cca9079da4c4ec3affb3c8911fe4f86d1a2520856f63172c"),
    reference(
      2, 1 << 16, 1, "differentpassword", "somesalt", "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"
    ),
    reference(
      2, 1 << 16, 1, "password", "diffsalt", "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c"),
  ]

  private static func reference(
    _ iterations: Int, _ memory: Int, _ lanes: Int, _ secret: String, _ salt: String, _ derived: String
  ) -> KeyDerivationVector {
    KeyDerivationVector(
      source: "the reference implementation's test \(derived.prefix(8))", secret: secret, salt: salt,
      cost: ["iterations": iterations, "memory-kibibytes": memory, "parallelism": lanes], derived: derived)
  }

  /// What the Python tool p2p-copy 0.1 derives from some codes, for the relay and for the cipher.
  private static let protocol1: [KeyDerivationVector] =
    python(
      "demo",
      relay: "597f45d1c5dec29c6384ac70c5474bcf0028a7368a44b00ef858bf1b260c75d7",
      cipher: "1f0ddbd9a09c5da1162a8c6bdee2b7acd58d9123ac1ce43b8a272909dd98dfb5")
    + python(
      "correct horse battery staple",
      relay: "1cf48a15360d6c0f814730383a3a304f3509dda62b4d71c60b5027a266d97066",
      cipher: "6f38b35ec08437f996217334f9b127eed1cb47d96338fc8aa944fd137190c7c8")
    + python(
      "7-guitar-lantern",
      relay: "dbffb4fe32d2d2ff92e5277e869371aab817b2f33e5b634bd73817b905f19764",
      cipher: "fbe048763432a0d136f5fea7ff468f91a42cec7aeaeed7221e6af011210b0361")
    + python(
      "пароль-ключ-🔑",
      relay: "0e91d45b48ae82927c96c2101ae7537478e6302ff4a011fd32597a8ab7c82bba",
      cipher: "8949585f3f55b615f5d6bd2c5d39c2b28fa186ba9617f09b0665d2b54f9bfc6c")

  private static func python(_ code: String, relay: String, cipher: String) -> [KeyDerivationVector] {
    let cost: KeyDerivationCost = ["iterations": 3, "memory-kibibytes": 32 << 10, "parallelism": 8]
    return [
      KeyDerivationVector(
        source: "p2p-copy 0.1, hello of '\(code)'", secret: code, salt: "code_hash used for hello-match", cost: cost,
        derived: relay),
      KeyDerivationVector(
        source: "p2p-copy 0.1, key of '\(code)'", secret: code, salt: "cipher used for E2E-encryption", cost: cost,
        derived: cipher),
    ]
  }

  @Test(
    "Costs outside of what the function allows are refused",
    arguments: [
      ["iterations": 0, "memory-kibibytes": 64, "parallelism": 1],
      ["iterations": 1, "memory-kibibytes": 7, "parallelism": 1],
      ["iterations": 1, "memory-kibibytes": 15, "parallelism": 2],
      ["iterations": 1, "memory-kibibytes": 64, "parallelism": 0],
      ["iterations": 1, "memory-kibibytes": 64, "parallelism": 1 << 24],
      ["iterations": 1, "memory-kibibytes": Argon2idKeyDeriver.maximumMemoryKibibytes + 1, "parallelism": 1],
      ["iterations": Int.max, "memory-kibibytes": Int.max, "parallelism": Int.max],
      ["iterations": 1, "memory-kibibytes": 64],
      ["iterations": 1, "memory-kibibytes": 64, "parallelism": 1, "rounds": 1],
      [:],
    ] as [KeyDerivationCost])
  func costsOutsideOfWhatTheFunctionAllowsAreRefused(cost: KeyDerivationCost) {
    let salt = [UInt8](repeating: 1, count: 16)
    do throws(P2PCopyError) {
      _ = try Argon2idKeyDeriver().deriveKey(
        from: SecretBytes(copying: [1, 2, 3].span.bytes), salt: salt.span.bytes, cost: cost, byteCount: 32)
      Issue.record("\(cost) was accepted")
    } catch {
      #expect(error.code == .internalError)
    }
  }
}
