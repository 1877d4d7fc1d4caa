import P2PCopyCore
import Testing

@Suite struct Base64Tests {
  /// RFC 4648, section 10.
  static let known = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ]

  @Test("Known answers", arguments: known)
  func knownAnswers(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
  }

  @Test("Every length and byte comes back")
  func roundTrip() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ count) }
      #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
    }
  }

  @Test("Line ends do not count")
  func lineEnds() {
    #expect(Base64.decode("Zm9v\r\nYm Fy\t".utf8) == Array("foobar".utf8))
  }

  @Test(
    "What is not base 64 is refused",
    arguments: ["Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v!", "=", "====", "Zm9vYg==x", "Zé=="])
  func malformed(text: String) {
    #expect(Base64.decode(text.utf8) == nil)
  }
}
