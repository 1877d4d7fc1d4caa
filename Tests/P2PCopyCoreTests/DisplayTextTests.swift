import P2PCopyCore
import Testing

@Suite("Text that is safe to show")
struct DisplayTextTests {
  @Test(
    "What acts on a terminal is escaped",
    arguments: [
      ("plain name.txt", "plain name.txt"), ("ünïcode 名前 🙂", "ünïcode 名前 🙂"), ("a\nb\r\tc", #"a\nb\r\tc"#),
      ("\u{1B}[2J", #"\u{1B}[2J"#), ("\u{7F}\u{9B}", #"\u{7F}\u{9B}"#), ("a\\b", #"a\\b"#),
      ("\u{202E}gpj.exe", #"\u{202E}gpj.exe"#), ("a\u{2028}b", #"a\u{2028}b"#), ("\0", #"\u{0}"#),
    ])
  func escapes(text: String, shown: String) {
    #expect(DisplayText.escaped(text) == shown)
    #expect(DisplayText.escaped(Array(text.utf8)) == shown)
  }

  @Test("Invalid UTF-8 shows its bytes, and valid text around it as it is")
  func invalid() {
    #expect(DisplayText.escaped([0x61, 0xC3, 0x62]) == #"a\xC3b"#)
    #expect(DisplayText.escaped([0xE2, 0x82]) == #"\xE2\x82"#)
    #expect(DisplayText.escaped([0xFF] + Array("ü".utf8)) == #"\xFFü"#)
    #expect(DisplayText.escaped([0xED, 0xA0, 0x80]) == #"\xED\xA0\x80"#)
  }
}
