import CZstd
public import P2PCopyCore

/// Zstandard (RFC 8878) over the system's libzstd.
///
/// Each chunk becomes one frame with its content size in the header and without a checksum: the cipher, or the chain of
/// protocol 1, already covers the bytes.
public struct ZstdCompressor: Compressor, CodecPlugin {
  /// The level that is used unless another one is asked for.
  public static let defaultLevel = 3

  /// The levels that the library underneath knows; negative ones trade ratio for speed.
  public static var levels: ClosedRange<Int> { Int(ZSTD_minCLevel())...Int(ZSTD_maxCLevel()) }

  /// The level in use. It matters to the compressing side only.
  public let level: Int

  /// Creates a compressor with ``defaultLevel``.
  public init() {
    level = Self.defaultLevel
  }

  /// Creates a compressor.
  ///
  /// - Parameter level: One of ``levels``.
  /// - Throws: `P2PCopyError` with code `usage` when the level is outside of them.
  public init(level: Int) throws(P2PCopyError) {
    guard Self.levels.contains(level) else {
      throw P2PCopyError(
        .usage,
        "zstd has no level \(level); give one from \(Self.levels.lowerBound) to \(Self.levels.upperBound)")
    }
    self.level = level
  }

  /// `zstd`.
  public var name: CodecName { "zstd" }

  /// One line with the library's version.
  public var summary: String { "Zstandard (RFC 8878)" }

  /// The library and its version.
  public var library: String? { "libzstd \(String(cString: ZSTD_versionString()))" }

  /// The level.
  public var parameters: [CodecParameter] {
    [
      .integer(
        "level", level, default: Self.defaultLevel, in: Self.levels,
        help: "higher is smaller and slower; negative is fastest")
    ]
  }

  /// The same compressor with another level.
  ///
  /// - Parameters:
  ///   - parameter: `level`.
  ///   - value: One of ``levels``.
  /// - Returns: The changed compressor.
  /// - Throws: `P2PCopyError` with code `usage` when it is another parameter or another value.
  public func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> ZstdCompressor {
    switch (parameter, value) {
    case ("level", .integer(let level)): try ZstdCompressor(level: level)
    default: throw refusal(of: value, for: parameter)
    }
  }

  /// Registers zstd with its default level.
  public static func register(in registry: inout CodecRegistry) {
    registry.register(ZstdCompressor())
  }

  /// About 0.4 % more than the input.
  public func maximumCompressedByteCount(for byteCount: Int) -> Int {
    let bound = ZSTD_compressBound(max(byteCount, 0))
    return ZSTD_isError(bound) == 0 ? Int(clamping: bound) : .max
  }

  /// Makes a context that compresses.
  ///
  /// - Returns: A context with the level set.
  /// - Throws: `P2PCopyError` with code `internalError` when memory is short.
  public func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext {
    try ZstdCompressionContext(level: level)
  }

  /// Makes a context that decompresses.
  ///
  /// - Returns: A context for frames of any level.
  /// - Throws: `P2PCopyError` with code `internalError` when memory is short.
  public func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext {
    try ZstdDecompressionContext()
  }
}
