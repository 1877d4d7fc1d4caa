import P2PCopy
import Testing

@Suite("Whether a file's chunks are compressed")
struct FileCompressionTests {
  @Test("auto: the first chunk decides")
  func firstChunk() {
    let compression = FileCompression(.auto)
    #expect(compression.isCompressing)
    compression.record(isFirst: true, paid: false)
    #expect(!compression.isCompressing)
  }

  @Test("auto: what stops shrinking is no longer compressed")
  func stops() {
    let compression = FileCompression(.auto)
    compression.record(isFirst: true, paid: true)
    for _ in 0..<3 { compression.record(isFirst: false, paid: false) }
    #expect(compression.isCompressing, "a few that do not shrink are no reason yet")
    compression.record(isFirst: false, paid: true)
    for _ in 0..<3 { compression.record(isFirst: false, paid: false) }
    #expect(compression.isCompressing, "one that does counts as a new beginning")
    compression.record(isFirst: false, paid: false)
    #expect(!compression.isCompressing)
  }

  @Test("on never stops, off never begins")
  func fixed() {
    let on = FileCompression(.on)
    for _ in 0..<10 { on.record(isFirst: true, paid: false) }
    #expect(on.isCompressing)
    #expect(!FileCompression(.off).isCompressing)
    #expect(on.worthwhileRatio == 1)
    #expect(FileCompression(.auto).worthwhileRatio == 0.95)
  }
}
