import P2PCopyCore

/// A compressor that counts what it is asked to do and leaves the work to another one, under that one's name.
struct CountingCompressor<Base: Compressor>: Compressor {
  let base: Base
  let use: CodecUse

  init(_ base: Base, _ use: CodecUse) {
    self.base = base
    self.use = use
  }

  var name: CodecName { base.name }
  var summary: String { base.summary }
  var parameters: [CodecParameter] { base.parameters }

  func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> CountingCompressor {
    CountingCompressor(try base.setting(parameter, to: value), use)
  }

  func maximumCompressedByteCount(for byteCount: Int) -> Int {
    base.maximumCompressedByteCount(for: byteCount)
  }

  func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext {
    Compression(base: try base.makeCompressionContext(), use: use)
  }

  func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext {
    Decompression(base: try base.makeDecompressionContext(), use: use)
  }
}

extension CountingCompressor {
  private final class Compression: CompressionContext {
    private let base: any CompressionContext
    private let use: CodecUse

    init(base: any CompressionContext, use: CodecUse) {
      self.base = base
      self.use = use
    }

    func compress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
      try base.compress(input, into: &output)
      use.noteCompression()
    }
  }

  private final class Decompression: DecompressionContext {
    private let base: any DecompressionContext
    private let use: CodecUse

    init(base: any DecompressionContext, use: CodecUse) {
      self.base = base
      self.use = use
    }

    func decompress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
      try base.decompress(input, into: &output)
      use.noteDecompression()
    }
  }
}
