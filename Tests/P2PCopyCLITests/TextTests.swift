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
    progress.currentPath = String(repeating: "long/", count: 100)
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

  @Test("Progress beyond what was announced does not break the line")
  func tooMuchProgress() {
    var line = ProgressLine()
    var progress = TransferProgress()
    progress.byteCount = .max
    #expect(line.text(progress, at: .now, width: 80).contains("100%"))
  }

  @Test("Proquints are those of the proposal", arguments: [(0x7F00, "lusab"), (0x0001, "babad"), (0x3F54, "gutih")])
  func proquints(bits: Int, word: String) {
    #expect(GeneratedCode.proquint(UInt16(bits)) == word)
  }

  @Test("Generated codes differ and are four words")
  func generatedCodes() {
    let codes = (0..<100).map { _ in GeneratedCode.make() }
    #expect(Set(codes).count == 100)
    #expect(codes.allSatisfy { $0.split(separator: "-").count == 4 && $0.count == 23 })
  }

  @Test("Codes for protocol 2 are a number and two words, differ, and need no advice")
  func generatedChannelCodes() throws {
    let codes = (0..<100).map { _ in GeneratedChannelCode.make() }
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
