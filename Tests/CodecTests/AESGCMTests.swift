import AESGCM
import FoundationEssentials
import P2PCopyCore
import P2PCopyTesting
import Testing

@Suite struct AESGCMTests {
  @Test("Conforms")
  func conforms() async {
    await checkCipher(AESGCMCipher(), vectors: Self.nist + Self.longNonces)
  }

  /// The kernel's word for the same instructions, where it gives one.
  @Test("Acceleration is what the kernel says")
  func accelerationIsWhatTheKernelSays() throws {
    let info = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let line = info.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
    let flags = Set(try #require(line).split(whereSeparator: \.isWhitespace))
    let isAccelerated = flags.contains("aes") && (flags.contains("pclmulqdq") || flags.contains("pmull"))
    #expect(AESGCMCipher().isAccelerated == isAccelerated)
  }

  /// McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", the specification submitted to NIST, appendix B.
  private static let nist = [
    CipherVector(
      source: "GCM specification, test case 13",
      key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
      plaintext: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
    CipherVector(
      source: "GCM specification, test case 14",
      key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
      plaintext: String(repeating: "00", count: 16), ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
      tag: "d0d1c8a799996bf0265b98b5d48ab919"),
    CipherVector(
      source: "GCM specification, test case 15",
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888",
      plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
      ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
      tag: "b094dac5d93471bdec1a502270e3cc6c"),
    CipherVector(
      source: "GCM specification, test case 16",
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888",
      associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
      ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
      tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
  ]

  /// No published vector has a nonce of 32 bytes. These come from Python's `cryptography` 50, which the Python tool
  /// uses, and agree with a direct computation after NIST SP 800-38D, section 7.1, from single AES blocks.
  private static let longNonces = [
    CipherVector(
      source: "the answer of Python's cryptography, empty",
      key: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
      nonce: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      plaintext: "", ciphertext: "", tag: "3e79942c6a3ba8a6c44168d423abab31"),
    CipherVector(
      source: "the answer of Python's cryptography, 61 bytes",
      key: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
      nonce: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      plaintext: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
        + "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbc",
      ciphertext: "661d18742ed944994270ec73e4100863d459ab94bc51fde1abd48163277f5643"
        + "d14c6b89d8188f0f7b595bfeb64983b8424f4cc521ee2eb805d72a0e0d",
      tag: "5234e0536022690fac27d7138b5ad050"),
    CipherVector(
      source: "the answer of Python's cryptography, 61 bytes with associated data",
      key: "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
      nonce: "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd",
      associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      plaintext: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
        + "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbc",
      ciphertext: "c413d0338df2b402499cf6bc22d893c2ffae77c4e73d05c45da6bc118d808eea"
        + "268cfa110a45f20dbc00892e481d790ddce43435c0b4a0f7008356c9d5",
      tag: "c55c7696dbd14ccd31fcc9cf996a4121"),
  ]

  @Test("What could not be opened is wiped")
  func whatCouldNotBeOpenedIsWiped() throws {
    let key = SecretBytes(byteCount: 32) { _ in }
    let context = try AESGCMCipher().makeContext(key: key)
    let nonce = [UInt8](repeating: 1, count: 12)
    let tag = [UInt8](repeating: 2, count: 16)
    var message = [UInt8](repeating: 3, count: 100)
    var bytes = message.mutableSpan
    var raw = bytes.mutableBytes
    do {
      try context.open(&raw, nonce: nonce.span.bytes, authenticating: [UInt8]().span.bytes, tag: tag.span.bytes)
      Issue.record("a made-up tag was accepted")
    } catch {
      #expect(error.code == .wrongCode)
    }
    #expect(message == [UInt8](repeating: 0, count: 100))
  }
}
