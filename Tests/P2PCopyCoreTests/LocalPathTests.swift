import P2PCopyCore
import SystemPackage
import Testing

@Suite("Paths on this machine")
struct LocalPathTests {
  @Test("Bytes stay as they are, also those that are no text")
  func bytes() {
    let bytes: [UInt8] = [0x63, 0x61, 0x66, 0xE9]
    #expect(LocalPath(bytes).bytes == bytes)
    #expect(LocalPath(bytes) != LocalPath([0x63, 0x61, 0x66, 0xE8]))
    #expect(LocalPath(bytes).withCString { pointer in (0..<5).map { pointer[$0] } } == [0x63, 0x61, 0x66, -0x17, 0])
  }

  @Test("Names that Unicode counts as equal stay two")
  func equivalence() {
    #expect(LocalPath("\u{E9}") != LocalPath("e\u{301}"))
  }

  @Test("What is shown is escaped")
  func description() {
    #expect(LocalPath([0x61, 0xFF, 0x0A]).description == "a\\xFF\\n")
  }

  @Test("To Swift System and back", arguments: [[0x61, 0xE9], [0x2F, 0x61, 0x2F, 0xFF], [0x2E]] as [[UInt8]])
  func systemPaths(bytes: [UInt8]) {
    #expect(LocalPath(LocalPath(bytes).filePath).bytes == bytes)
    #expect(LocalPath(FilePath("a/")).bytes == [0x61])
  }
}
