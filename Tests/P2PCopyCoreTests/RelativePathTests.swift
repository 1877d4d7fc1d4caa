import P2PCopyCore
import Testing

@Suite("Relative paths")
struct RelativePathTests {
  @Test(
    "Names that lead outside, or nowhere, are refused",
    arguments: [
      "", "/", "/etc/passwd", "..", "../x", "a/..", "a/../b", "a/../../b", ".", "./a", "a/.", "a/./b", "a//b", "a/",
      "a\0b", "\0", String(repeating: "x", count: 256), String(repeating: "x/", count: 300) + "x",
      String(repeating: "xxxxxxx/", count: 600) + "x",
    ])
  func refused(text: String) {
    #expect {
      try RelativePath(validating: Array(text.utf8))
    } throws: { error in
      (error as? P2PCopyError)?.code == .unsafePath
    }
  }

  @Test(
    "Odd but harmless names are kept to the byte",
    arguments: [
      "a", "a/b", "...", "..a", "a..", ".hidden", "-rf", "a b", "a\\b", "\u{1B}[31m", "ü", "u\u{308}", "a\nb", "~",
    ])
  func accepted(text: String) throws {
    let path = try RelativePath(validating: Array(text.utf8))
    #expect(path.bytes == Array(text.utf8))
  }

  @Test("Invalid UTF-8 is just bytes")
  func invalidUTF8() throws {
    let bytes: [UInt8] = [0x61, 0xFF, 0x2F, 0xFE]
    let path = try RelativePath(validating: bytes)
    #expect(path.bytes == bytes)
    #expect(path.description == #"a\xFF/\xFE"#)
  }

  @Test("Two spellings that Unicode counts as equal are two paths")
  func canonicalEquivalence() throws {
    let composed = try RelativePath(validating: Array("\u{FC}".utf8))
    let decomposed = try RelativePath(validating: Array("u\u{308}".utf8))
    #expect(composed != decomposed)
  }

  @Test("Name, parent and components")
  func parts() throws {
    let path = try RelativePath(validating: Array("a/bb/c".utf8))
    #expect(Array(path.name) == Array("c".utf8))
    #expect(Array(path.parent) == Array("a/bb".utf8))
    #expect(path.components.map(Array.init) == [Array("a".utf8), Array("bb".utf8), Array("c".utf8)])
    #expect(try RelativePath(validating: [0x61]).parent.isEmpty)
  }
}
