import P2PCopyCLI
import P2PCopyCore
import Testing

@Suite("Arguments as text for the parser")
struct ArgumentTextTests {
  @Test("Every byte comes back, and no two arguments are one")
  func roundTrip() {
    var generator = SystemRandomNumberGenerator()
    var seen: [String: [UInt8]] = [:]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...6, using: &generator)).map { _ in UInt8.random(in: 1...255, using: &generator)
      }
      let text = ArgumentText.encode(bytes)
      #expect(ArgumentText.decode(text) == bytes)
      #expect(seen.updateValue(bytes, forKey: text).map { $0 == bytes } != false)
    }
  }

  @Test("Text with scalars of the private range, and its bytes, are told apart")
  func privateScalars() {
    let genuine = Array("\u{10FFE9}".utf8)
    #expect(ArgumentText.encode(genuine) != ArgumentText.encode([0xE9]))
    #expect(ArgumentText.decode(ArgumentText.encode(genuine)) == genuine)
  }

  @Test("Names that Unicode counts as equal are two, and a combining mark leaves the '=' in front of it alone")
  func characters() {
    #expect(ArgumentText.encode("\u{E9}".utf8) != ArgumentText.encode("e\u{301}".utf8))
    #expect(ArgumentText.encode("--out=\u{338}x".utf8).contains("="))
  }

  @Test("A path from an argument has the argument's bytes")
  func path() {
    #expect(LocalPath(argument: ArgumentText.encode([0x61, 0xE9]))?.bytes == [0x61, 0xE9])
  }
}
