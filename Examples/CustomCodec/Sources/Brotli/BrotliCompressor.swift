import CBrotli
public import P2PCopyCore

/// Brotli (RFC 7932) over the system's libbrotli.
///
/// The format of a chunk: one Brotli stream.
public struct BrotliCompressor: Compressor, CodecPlugin {
  /// The qualities that are allowed. The library knows 0 and 1 too, but its output bound does not hold for them.
  public static let qualities = 2...11

  /// The quality in use. It matters to the compressing side only.
  public let quality: Int

  /// Creates a compressor with quality 5.
  public init() {
    quality = 5
  }

  /// Creates a compressor.
  ///
  /// - Parameter quality: One of ``qualities``.
  /// - Throws: `P2PCopyError` with code `usage` when it is outside of them.
  public init(quality: Int) throws(P2PCopyError) {
    guard Self.qualities.contains(quality) else {
      throw P2PCopyError(
        .usage,
        "brotli has no quality \(quality); give one from \(Self.qualities.lowerBound) to \(Self.qualities.upperBound)")
    }
    self.quality = quality
  }

  /// A private name: what follows the `@` keeps it apart from everybody else's.
  public var name: CodecName { "brotli@example.org" }

  /// One line with the library's version.
  public var summary: String {
    let version = BrotliEncoderVersion()
    return "Brotli (RFC 7932), libbrotli \(version >> 24).\(version >> 12 & 0xFFF).\(version & 0xFFF)"
  }

  /// The quality, under the name that `--level` of `p2p-copy send` sets.
  public var parameters: [CodecParameter] {
    [
      .integer(
        "level", quality, default: 5, in: Self.qualities, help: "the quality: higher is smaller and slower")
    ]
  }

  /// The same compressor with another quality.
  ///
  /// - Parameters:
  ///   - parameter: `level`.
  ///   - value: One of ``qualities``.
  /// - Returns: The changed compressor.
  /// - Throws: `P2PCopyError` with code `usage` when it is another parameter or another value.
  public func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> BrotliCompressor {
    switch (parameter, value) {
    case ("level", .integer(let quality)): try BrotliCompressor(quality: quality)
    default: throw refusal(of: value, for: parameter)
    }
  }

  /// Registers Brotli with quality 5.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(BrotliCompressor())
  }

  /// A few bytes more than the input.
  public func maximumCompressedByteCount(for byteCount: Int) -> Int {
    let bound = BrotliEncoderMaxCompressedSize(max(byteCount, 0))
    // The library says 0 for a size that it cannot handle.
    return bound > 0 ? Int(clamping: bound) : .max
  }

  /// Makes a context that compresses.
  ///
  /// - Returns: A context with the quality set.
  /// - Throws: Nothing.
  public func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext {
    BrotliCompressionContext(quality: quality)
  }

  /// Makes a context that decompresses.
  ///
  /// - Returns: A context for streams of any quality.
  /// - Throws: Nothing.
  public func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext {
    BrotliDecompressionContext()
  }
}
