import P2PCopyCore
import P2PCopyFiles
import Testing

@Suite("Names with a number")
struct NumberedNameTests {
  private func numbered(_ name: String, _ number: Int = 1, isDirectory: Bool = false) -> String {
    String(decoding: NumberedName.make(Array(name.utf8)[...], number, isDirectory: isDirectory), as: UTF8.self)
  }

  @Test(
    "The number stands before the extension",
    arguments: [
      ("a", "a (1)"), ("a.txt", "a (1).txt"), ("a.tar.gz", "a (1).tar.gz"), ("a.TAR.zst", "a (1).TAR.zst"),
      ("a.b.c", "a.b (1).c"), (".bashrc", ".bashrc (1)"), (".a.tar.gz", ".a (1).tar.gz"), (".tar.gz", ".tar (1).gz"),
      ("tar.gz", "tar (1).gz"), ("a.", "a (1)."), ("Dr. Who", "Dr. Who (1)"), ("é.tar.xz", "é (1).tar.xz"),
    ])
  func extensions(name: String, expected: String) {
    #expect(numbered(name) == expected)
  }

  @Test("A directory has no extension")
  func directories() {
    #expect(numbered("data.v1", isDirectory: true) == "data.v1 (1)")
    #expect(numbered("a.tar.gz", 12, isDirectory: true) == "a.tar.gz (12)")
  }

  @Test(
    "A name that would be too long is cut between characters",
    arguments: [
      (String(repeating: "é", count: 125) + ".txt", String(repeating: "é", count: 123) + " (1).txt"),
      (String(repeating: "🦀", count: 63), String(repeating: "🦀", count: 62) + " (1)"),
      // A letter and the accent over it stay together.
      (String(repeating: "e\u{301}", count: 85), String(repeating: "e\u{301}", count: 83) + " (1)"),
      (String(repeating: "x", count: 255), String(repeating: "x", count: 251) + " (1)"),
    ])
  func length(name: String, expected: String) {
    let result = numbered(name)
    #expect(result == expected)
    #expect(result.utf8.count <= 255)
  }

  @Test("What is not UTF-8 is cut at bytes, and one endless character between its scalars")
  func odd() {
    let bytes = [UInt8](repeating: 0xFF, count: 255)
    #expect(NumberedName.make(bytes[...], 1) == [UInt8](repeating: 0xFF, count: 251) + Array(" (1)".utf8))
    let endless = "e" + String(repeating: "\u{301}", count: 127)
    let cut = NumberedName.make(Array(endless.utf8)[...], 1)
    #expect(String(validating: cut, as: UTF8.self) != nil)
    #expect(cut.count > 200 && cut.count <= 255)
  }
}
