/// A compression codec: turns chunks into smaller ones, each on its own.
///
/// Each chunk is compressed independently, so that chunks can be worked on in parallel and a transfer can resume at any
/// chunk. `P2PCopyTesting.checkCompressor` checks an implementation against this contract.
public protocol Compressor: Codec {
  /// The most bytes ``CompressionContext/compress(_:into:)`` can produce for an input of `byteCount` bytes.
  ///
  /// The caller provides at least that much room. Must not overflow for any `byteCount` up to 2³¹.
  func maximumCompressedByteCount(for byteCount: Int) -> Int

  /// Makes a context that compresses.
  ///
  /// - Throws: ``P2PCopyError`` when the library underneath has no memory or refuses the parameters.
  func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext

  /// Makes a context that decompresses.
  ///
  /// - Throws: ``P2PCopyError`` when the library underneath has no memory.
  func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext
}

/// State for compressing chunks, one after the other, reused for all of them.
///
/// A context belongs to one worker at a time and is called synchronously on a thread that may block.
public protocol CompressionContext: AnyObject {
  /// Compresses one whole chunk.
  ///
  /// - Parameters:
  ///   - input: The raw bytes, 0 or more. Only valid during the call.
  ///   - output: Where to append the compressed form. It has room for at least
  ///     ``Compressor/maximumCompressedByteCount(for:)`` bytes.
  /// - Throws: ``P2PCopyError`` when the room does not suffice or the library fails. The context stays usable.
  func compress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError)
}

/// State for decompressing chunks, one after the other, reused for all of them.
///
/// The input comes from a peer: it may be anything.
public protocol DecompressionContext: AnyObject {
  /// Decompresses one whole chunk.
  ///
  /// - Parameters:
  ///   - input: What the peer's ``CompressionContext`` produced, or anything else. Only valid during the call.
  ///   - output: Where to append the raw bytes. Its free capacity is the limit: an input that expands beyond it must be
  ///     refused, whatever it claims about itself, and memory beyond it must not be allocated.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/corruptData`` for an input that is damaged, truncated,
  ///   followed by other bytes, or too large. The context stays usable.
  func decompress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError)
}
