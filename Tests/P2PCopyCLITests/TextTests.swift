import P2PCopy
import P2PCopyCLI
import P2PCopyCore
import Testing

@Suite("What the command prints")
struct TextTests {
  @Test(
    "Sizes",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (Int64.max, "8.0 EiB"),
    ])
  func sizes(byteCount: Int64, text: String) {
    #expect(HumanReadable.size(byteCount) == text)
  }

  @Test(
    "Times", arguments: [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1:00"), (3725, "1:02:05"), (2e9, "277777:46:40")])
  func times(seconds: Double, text: String) {
    #expect(HumanReadable.time(.seconds(seconds)) == text)
  }

  @Test("A rate over no time is not infinite")
  func rates() {
    #expect(HumanReadable.rate(1 << 20, in: .zero) == "-")
    #expect(HumanReadable.rate(1 << 20, in: .seconds(2)) == "512.0 KiB/s")
  }

  @Test("The progress line fits the terminal and shows share, rate and time left", arguments: [20, 40, 80, 200])
  func progressLine(width: Int) {
    var line = ProgressLine()
    var progress = TransferProgress()
    progress.totalByteCount = 100 << 20
    progress.totalFileCount = 3
    progress.currentPath = EntryPath(String(repeating: "long/", count: 100).utf8)
    let start = ContinuousClock.now
    _ = line.text(progress, at: start, width: width)
    progress.byteCount = 50 << 20
    progress.transferredByteCount = 50 << 20
    let text = line.text(progress, at: start + .seconds(1), width: width)
    #expect(text.count < width)
    #expect(text.contains("50%"))
    if width >= 80 {
      #expect(text.contains("50.0 MiB/s"))
      #expect(text.contains("1 s left"))
    }
  }

  @Test("Before anything is known there is no share, no bar and no total")
  func nothingYet() {
    for isTotalKnown in [false, true] {
      var line = ProgressLine()
      var progress = TransferProgress()
      progress.isTotalKnown = isTotalKnown
      let text = line.text(progress, at: .now, width: 80)
      #expect(!text.contains("%") && !text.contains("[") && !text.contains(" of "), "\(text)")
    }
    // Nor for files without content.
    var line = ProgressLine()
    var progress = TransferProgress()
    progress.fileCount = 2
    progress.totalFileCount = 3
    #expect(line.text(progress, at: .now, width: 80) == "2/3 files")
  }

  @Test("100 % is all of it and nothing less")
  func almostAll() {
    var line = ProgressLine()
    var progress = TransferProgress()
    progress.totalByteCount = 1 << 60
    progress.byteCount = progress.totalByteCount - 1
    #expect(line.text(progress, at: .now, width: 80).contains(" 99%"))
    progress.byteCount += 1
    #expect(line.text(progress, at: .now, width: 80).contains("100%"))
  }

  @Test("No numbers break the line, whatever a peer announces or the clock says")
  func hostileNumbers() {
    let numbers: [Int64] = [.min, .min + 1, -1, 0, 1, 1 << 53, .max - 1, .max]
    for total in numbers {
      for done in numbers {
        for transferred in numbers {
          var line = ProgressLine()
          var progress = TransferProgress()
          progress.totalByteCount = total
          _ = line.text(progress, at: .now, width: 80)
          progress.byteCount = done
          progress.transferredByteCount = transferred
          progress.fileCount = Int(done)
          progress.totalFileCount = Int(total)
          let start = ContinuousClock.now
          for seconds in [-1.0, 0, 1e-9, 1, 1e9] {
            for width in [-5, 0, 1, 2, 80] {
              let text = line.text(progress, at: start + .seconds(seconds), width: width)
              #expect(text.count <= max(1, width - 1))
            }
          }
        }
      }
    }
  }

  @Test("No times and rates break the text", arguments: [Double.nan, .infinity, -.infinity, -1, 1e300])
  func hostileTimes(value: Double) {
    #expect(!HumanReadable.timeLeft(value).isEmpty)
    #expect(HumanReadable.rate(value).hasSuffix("/s"))
  }

  @Test("Proquints are those of the proposal", arguments: [(0x7F00, "lusab"), (0x0001, "babad"), (0x3F54, "gutih")])
  func proquints(bits: Int, word: String) {
    #expect(GeneratedCode.proquint(UInt16(bits)) == word)
  }

  @Test("Codes for protocol 1 differ and are four words")
  func generatedCodesForProtocol1() {
    let codes = (0..<100).map { _ in GeneratedCode.make(for: .one) }
    #expect(Set(codes).count == 100)
    #expect(codes.allSatisfy { $0.split(separator: "-").count == 4 && $0.count == 23 })
  }

  @Test("Codes for protocol 2 are a number and two words, differ, and need no advice")
  func generatedCodesForProtocol2() throws {
    let codes = (0..<100).map { _ in GeneratedCode.make(for: .two) }
    #expect(Set(codes).count == 100)
    let word = "[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]"
    let shape = try Regex("[0-9]{6}-\(word)-\(word)")
    for code in codes {
      #expect(code.wholeMatch(of: shape) != nil)
      #expect(try PairingCode(code).advice.isEmpty)
    }
    #expect(Set(codes.map { $0.prefix(6) }).count > 50)
    #expect(Set(codes.map { $0.suffix(5) }).count > 50)
  }

  @Test("An empty registry lists every kind")
  func codecList() {
    let text = CodecList.text(for: CodecRegistry())
    for kind in ["transports", "ciphers", "compressors", "digests", "key-derivers", "key-exchanges"] {
      #expect(text.contains(kind))
    }
  }
}
