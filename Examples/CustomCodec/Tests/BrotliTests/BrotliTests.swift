import Brotli
import P2PCopyCore
import P2PCopyTesting
import Testing

@Suite struct BrotliTests {
  @Test(arguments: [BrotliCompressor.qualities.lowerBound, 5])
  func conforms(quality: Int) async throws {
    await checkCompressor(try BrotliCompressor(quality: quality))
  }

  @Test func qualitiesWhoseBoundHoldsAreAcceptedAndNoOthers() throws {
    #expect(try BrotliCompressor(quality: 11).quality == 11)
    for quality in [Int.min, 1, 12, Int.max] {
      let error = #expect(throws: P2PCopyError.self) { try BrotliCompressor(quality: quality) }
      #expect(error?.code == .usage)
    }
  }

  @Test func theQualityCanBeSetByName() throws {
    #expect(try BrotliCompressor().setting("level", to: .integer(9)).quality == 9)
    for (parameter, value) in [("level", 1), ("level", 12), ("level", Int.max), ("window", 5), ("", 5)] {
      let error = #expect(throws: P2PCopyError.self) { try BrotliCompressor().setting(parameter, to: .integer(value)) }
      #expect(error?.code == .usage)
    }
  }

  @Test func registers() {
    let registry = CodecRegistry(plugins: [BrotliCompressor.self])
    #expect(registry.codecs(of: .compressor).map(\.name) == ["brotli@example.org"])
  }
}
