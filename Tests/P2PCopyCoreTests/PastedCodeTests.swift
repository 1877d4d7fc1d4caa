import P2PCopyCore
import Testing

@Suite("Pasted codes")
struct PastedCodeTests {
  private static func text(_ code: PairingCode) -> String {
    code.withSecret { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
  }

  @Test(
    "A generated code is read whatever pasting did to it",
    arguments: [
      (" 482137-lusab-babad\n", [.blanks]), ("\r\n\t482137-lusab-babad\u{A0}", [.blanks]),
      ("\u{FEFF}482137-lusab-babad\u{200B}", [.blanks]), ("482137-LUSAB-Babad", [.capitals]),
      ("\"482137-lusab-babad\"", [.quotationMarks]), ("'482137-lusab-babad'", [.quotationMarks]),
      ("\u{201E}482137-lusab-babad\u{201C}", [.quotationMarks]),
      ("\u{AB}\u{202F}482137-lusab-babad\u{202F}\u{BB}", [.blanks, .quotationMarks]),
      ("`482137-lusab-babad`", [.quotationMarks]), ("482137-lusab-babad.", [.fullStop]),
      ("\u{201C}482137-lusab-babad.\u{201D} ", [.blanks, .quotationMarks, .fullStop]),
      ("482137\u{2013}lusab\u{2011}babad", [.dashes]), ("482137\u{2014}lusab\u{2212}babad", [.dashes]),
      ("482137\u{2012}lusab\u{2010}babad", [.dashes]), ("482137-lusab-babad", []),
    ] as [(String, [PairingCode.Correction])])
  func corrected(pasted: String, corrections: [PairingCode.Correction]) throws {
    let code = try PairingCode(pasted)
    #expect(Self.text(code) == "482137-lusab-babad")
    #expect(code.corrections == corrections)
    #expect(!code.corrections.map(\.description).joined().contains("lusab"))
  }

  @Test("So are those of four digits and of four words", arguments: ["4821-lusab-babad", "lusab-babad-gutih-tugad"])
  func otherForms(code: String) throws {
    #expect(try Self.text(PairingCode(" \(code.uppercased()).\n")) == code)
  }

  @Test(
    "A code of one's own is used exactly as given",
    arguments: [
      " my secret ", "Correct-Horse", "482137-Lusab", "482137-lusab-babad-", "482137-lusab-babad..",
      ".482137-lusab-babad",
      "482137 -lusab-babad", "482137-lusab-babax", "482-lusab-babad", "1234567890-lusab-babad", "482137--lusab-babad",
      "lusab-babad-gutih", "482137-lusab-babad lusab", "n=2=n482137-lusab-babad", "\u{E9}482137-lusab-babad",
      "48\u{661}137-lusab-babad", "\"secret\"", "   ",
    ])
  func untouched(code: String) throws {
    let read = try PairingCode(code)
    #expect(Self.text(read) == code)
    #expect(read.corrections.isEmpty)
  }

  @Test("Bytes that are not UTF-8 are a code of one's own")
  func invalidText() throws {
    let bytes = Array("482137-lusab-babad".utf8) + [0xFF]
    let code = try PairingCode(SecretBytes(copying: bytes.span.bytes))
    #expect(code.withSecret { $0.withUnsafeBytes { Array($0) } } == bytes)
  }

  @Test("Both halves of a pasted code meet")
  func parts() throws {
    let parts = try PairingCode("\u{201C}482137\u{2013}LUSAB\u{2013}BABAD\u{201D}").parts()
    #expect(parts.channel == Array("482137".utf8))
    #expect(parts.secret.withUnsafeBytes { Array($0) } == Array("lusab-babad".utf8))
  }
}
