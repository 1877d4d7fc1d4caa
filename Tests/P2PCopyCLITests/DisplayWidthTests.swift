import P2PCopy
import P2PCopyCLI
import Testing

@Suite("Columns of a terminal")
struct DisplayWidthTests {
  @Test(
    "Texts",
    arguments: [
      ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("ｱ", 1), ("Ａ", 2), ("한국", 4),
      ("\u{1112}\u{1161}\u{11AB}", 2), ("🎉", 2), ("👍🏽", 4), ("\u{2764}\u{FE0F}", 2), ("a\u{200B}b", 2), ("\u{20000}", 2),
      ("ไทย", 3), ("ที่", 1), ("→", 1), ("…", 1), ("\u{1B}", 0),
    ])
  func columns(text: String, columns: Int) {
    #expect(DisplayWidth.columns(of: text) == columns)
  }

  @Test("The end of a text, cut between characters")
  func end() {
    #expect(DisplayWidth.end(of: "abcdef", columns: 6) == "abcdef")
    #expect(DisplayWidth.end(of: "abcdef", columns: 5) == "…cdef")
    #expect(DisplayWidth.end(of: "漢字漢字", columns: 8) == "漢字漢字")
    #expect(DisplayWidth.end(of: "漢字漢字", columns: 7) == "…字漢字")
    #expect(DisplayWidth.end(of: "漢字漢字", columns: 6) == "…漢字")
    #expect(DisplayWidth.end(of: "xe\u{301}e\u{301}", columns: 2) == "…e\u{301}")
    #expect(DisplayWidth.end(of: "漢字", columns: 1) == "…")
    #expect(DisplayWidth.end(of: "漢字", columns: 0) == "")
    #expect(DisplayWidth.end(of: "漢字", columns: -3) == "")
  }

  @Test("The beginning of a text, cut between characters")
  func beginning() {
    #expect(DisplayWidth.beginning(of: "漢字", columns: 3) == "漢")
    #expect(DisplayWidth.beginning(of: "e\u{301}e\u{301}", columns: 1) == "e\u{301}")
    #expect(DisplayWidth.beginning(of: "abc", columns: -1) == "")
  }

  @Test(
    "Lines with wide names stay narrower than the terminal",
    arguments: [
      String(repeating: "漢", count: 200), String(repeating: "🎉", count: 200), String(repeating: "e\u{301}", count: 200),
      String(repeating: "한글/", count: 100),
    ], [1, 2, 10, 20, 40, 79, 80, 81, 200])
  func lines(path: String, width: Int) {
    var line = ProgressLine()
    var progress = TransferProgress()
    progress.totalByteCount = 100 << 20
    progress.byteCount = 50 << 20
    progress.totalFileCount = 3
    progress.currentPath = EntryPath(path.utf8)
    let text = line.text(progress, at: .now, width: width)
    #expect(DisplayWidth.columns(of: text) <= max(1, width - 1))
    #expect(DisplayWidth.columns(of: ProgressLine.checking(path, width: width)) <= max(1, width - 1))
    // There is room for the end of the name.
    if width == 200, let last = path.last { #expect(text.last == last) }
  }
}
