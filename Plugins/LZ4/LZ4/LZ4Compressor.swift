#if LZ4
  import CLZ4
  public import P2PCopyCore

  /// LZ4 over the system's liblz4: larger chunks than zstd makes, several times faster.
  ///
  /// The format of a chunk: the raw size as a 32-bit little-endian number, then one LZ4 block
  /// (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md). The block format by itself does not say how large
  /// its content is.
  public struct LZ4Compressor: Compressor, CodecPlugin {
    /// The accelerations that the library knows.
    public static let accelerations = 1...65_537

    /// How much ratio is given up for speed. It matters to the compressing side only.
    public let acceleration: Int

    /// Creates a compressor with acceleration 1, which gives the best ratio.
    public init() {
      acceleration = 1
    }

    /// Creates a compressor.
    ///
    /// - Parameter acceleration: One of ``accelerations``.
    /// - Throws: `P2PCopyError` with code `usage` when it is outside of them.
    public init(acceleration: Int) throws(P2PCopyError) {
      guard Self.accelerations.contains(acceleration) else {
        throw P2PCopyError(
          .usage,
          "lz4 has no acceleration \(acceleration); give one from 1 to \(Self.accelerations.upperBound)")
      }
      self.acceleration = acceleration
    }

    /// `lz4`.
    public var name: CodecName { "lz4" }

    /// One line with the library's version.
    public var summary: String { "LZ4 blocks" }

    /// The library and its version.
    public var library: String? { "liblz4 \(String(cString: LZ4_versionString()))" }

    /// The acceleration.
    public var parameters: [CodecParameter] {
      [
        .integer(
          "acceleration", acceleration, default: 1, in: Self.accelerations, help: "higher is faster and larger")
      ]
    }

    /// The same compressor with another acceleration.
    ///
    /// - Parameters:
    ///   - parameter: `acceleration`.
    ///   - value: One of ``accelerations``.
    /// - Returns: The changed compressor.
    /// - Throws: `P2PCopyError` with code `usage` when it is another parameter or another value.
    public func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> LZ4Compressor {
      switch (parameter, value) {
      case ("acceleration", .integer(let acceleration)): try LZ4Compressor(acceleration: acceleration)
      default: throw refusal(of: value, for: parameter)
      }
    }

    /// Registers LZ4 with acceleration 1.
    public static func register(in registry: inout CodecRegistry) {
      registry.register(LZ4Compressor())
    }

    /// About 0.4 % more than the input.
    public func maximumCompressedByteCount(for byteCount: Int) -> Int {
      // LZ4_COMPRESSBOUND, which is an `int` in C, with our size in front.
      let byteCount = min(max(byteCount, 0), .max / 2)
      return LZ4Chunk.headerByteCount + byteCount + byteCount / 255 + 16
    }

    /// Makes a context that compresses.
    ///
    /// - Returns: A context with a hash table of its own.
    /// - Throws: Nothing.
    public func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext {
      LZ4CompressionContext(acceleration: acceleration)
    }

    /// Makes a context that decompresses.
    ///
    /// - Returns: A context without state.
    /// - Throws: Nothing.
    public func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext {
      LZ4DecompressionContext()
    }
  }
#endif
