import AESGCM
import Argon2id
import P2PCopyCore
import P2PCopyTesting
import SHA256Sum
import Synchronization
import Testing

/// A kit that passes everything would be worth nothing: each broken codec here must be found out.
@Suite(.timeLimit(.minutes(2))) struct ConformanceKitTests {
  @Test("Finds a broken compressor", arguments: BrokenCompressor.Fault.allCases)
  func findsABrokenCompressor(fault: BrokenCompressor.Fault) async {
    await expectFinding(fault.finding) { await checkCompressor(BrokenCompressor(fault: fault)) }
  }

  @Test("Finds a broken cipher", arguments: BrokenCipher.Fault.allCases)
  func findsABrokenCipher(fault: BrokenCipher.Fault) async {
    let vectors = [12, 32].map { count in
      CipherVector(
        source: "nowhere", key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: count),
        plaintext: "", ciphertext: "",
        tag: count == 12 ? "530f8afbc74536b9a963b4f1c4cb738b" : Self.tagOfNothingUnderALongNonce)
    }
    // Without the fault the same answers hold.
    await checkCipher(AESGCMCipher(), vectors: vectors)
    await expectFinding(fault.finding) { await checkCipher(BrokenCipher(fault: fault), vectors: vectors) }
  }

  @Test("Finds a cipher without known answers")
  func findsACipherWithoutKnownAnswers() async {
    await expectFinding("no known answer with a nonce of 12 bytes") {
      await checkCipher(AESGCMCipher(), vectors: [])
    }
  }

  @Test("Finds a broken key deriver", arguments: BrokenKeyDeriver.Fault.allCases)
  func findsABrokenKeyDeriver(fault: BrokenKeyDeriver.Fault) async {
    let vector = KeyDerivationVector(
      source: "the reference implementation's test", secret: "password", salt: "somesalt",
      cost: ["iterations": 2, "memory-kibibytes": 256, "parallelism": 1],
      derived: "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe")
    let cost: KeyDerivationCost = ["iterations": 2, "memory-kibibytes": 64, "parallelism": 2]
    await checkKeyDeriver(Argon2idKeyDeriver(), vectors: [vector], cost: cost)
    await expectFinding(fault.finding) {
      await checkKeyDeriver(BrokenKeyDeriver(fault: fault), vectors: [vector], cost: cost)
    }
  }

  @Test("Finds a cost that is not the deriver's")
  func findsACostThatIsNotTheDerivers() async {
    await expectFinding("the cost that was given to the check is not the deriver's") {
      await checkKeyDeriver(Argon2idKeyDeriver(), vectors: [], cost: ["rounds": 12])
    }
  }

  @Test("Finds a broken digest", arguments: BrokenDigest.Fault.allCases)
  func findsABrokenDigest(fault: BrokenDigest.Fault) async {
    let vector = DigestVector(
      source: "FIPS 180-4", input: Array("abc".utf8),
      digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    await checkDigest(SHA256Digest(), vectors: [vector])
    await expectFinding(fault.finding) { await checkDigest(BrokenDigest(fault: fault), vectors: [vector]) }
  }

  @Test("Finds a broken parameter", arguments: BrokenParameters.Fault.allCases)
  func findsABrokenParameter(fault: BrokenParameters.Fault) async {
    let vector = DigestVector(
      source: "FIPS 180-4", input: Array("abc".utf8),
      digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    await expectFinding(fault.finding) { await checkDigest(BrokenParameters(fault: fault), vectors: [vector]) }
  }

  @Test("Finds a digest without known answers")
  func findsADigestWithoutKnownAnswers() async {
    await expectFinding("there is no known answer") { await checkDigest(SHA256Digest(), vectors: []) }
  }

  @Test("Finds a broken key exchange", arguments: BrokenKeyExchange.Fault.allCases)
  func findsABrokenKeyExchange(fault: BrokenKeyExchange.Fault) async {
    let invalidShares = [[UInt8](repeating: 0, count: 65)]
    await expectFinding(fault.finding) {
      await checkKeyExchange(BrokenKeyExchange(fault: fault), invalidShares: invalidShares)
    }
  }

  @Test("Finds a transport that changes messages")
  func findsATransportThatChangesMessages() async throws {
    let relay = InMemoryRelay { message, _ in
      guard case .text(let text) = message else { return [message] }
      return [.text(text + "!")]
    }
    let endpoint = Endpoint(scheme: "memory", address: "relay")
    await expectFinding("came changed") {
      await checkTransport(InMemoryTransport(relay: relay), relay: endpoint)
    }
  }

  @Test("Finds a transport of another scheme")
  func findsATransportOfAnotherScheme() async throws {
    let endpoint = Endpoint(scheme: "ws", address: "relay")
    await expectFinding("the scheme ws is not among") {
      await checkTransport(InMemoryTransport(relay: InMemoryRelay()), relay: endpoint)
    }
  }

  /// Expects that a check records issues, and that one of them is about the fault.
  private func expectFinding(_ text: String, _ check: () async -> Void) async {
    let findings = Findings()
    await withKnownIssue {
      await check()
    } matching: { issue in
      findings.texts.withLock { $0 += issue.comments.map(\.rawValue) }
      return true
    }
    let texts = findings.texts.withLock { $0 }
    #expect(texts.contains { $0.contains(text) }, "not found among \(texts)")
  }

  private final class Findings: Sendable {
    let texts = Mutex<[String]>([])
  }

  private static let tagOfNothingUnderALongNonce = "9208c648a17b0250a592aee05b3dcc60"
}
