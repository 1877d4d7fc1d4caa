import P2PCopyCLI
import Testing

@Suite("Numbers of bytes as they are typed") struct ByteLimitTests {
  @Test(
    "Letters are powers of 1024, with a B behind them of 1000",
    arguments: [
      ("0", 0), ("7", 7), ("7B", 7), ("1K", 1024), ("1k", 1024), ("1KiB", 1024), ("1kB", 1000), ("10G", 10 << 30),
      ("10GiB", 10 << 30), ("10GB", 10_000_000_000), ("2M", 2 << 20), ("3T", 3 << 40), ("1P", 1 << 50),
      ("8191P", 8191 << 50), ("9223372036854775807", .max),
    ] as [(String, Int64)])
  func sizes(text: String, byteCount: Int64) {
    #expect(ByteLimit(argument: text)?.byteCount == byteCount)
  }

  @Test(
    "Anything else is none",
    arguments: [
      "", "G", "-1", "+1", "1.5G", "1X", "1GG", "1Gi", "1iB", "1 G", "1G ", "0x10", "8192P", "9223372036854775808",
      "BB",
      "1BB", "\u{661}",
    ])
  func malformed(text: String) {
    #expect(ByteLimit(argument: text) == nil)
  }
}
