import CBrotli
import P2PCopyCore

/// Decompresses each chunk in one go, with a decoder of its own: libbrotli cannot reset one.
///
/// The decoder allocates a window of at most 16 MiB whatever the stream says, since large windows stay switched off.
final class BrotliDecompressionContext: DecompressionContext {
  func decompress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
    guard let decoder = BrotliDecoderCreateInstance(nil, nil, nil) else {
      throw P2PCopyError(.outOfResources, "brotli has no memory for a decoder", remedy: .raiseLimits)
    }
    defer { BrotliDecoderDestroyInstance(decoder) }
    try output.appendBytes(from: input) { source, room throws(P2PCopyError) in
      var unread = source.count
      var next = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
      var unused = room.count
      var end = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
      let result = BrotliDecoderDecompressStream(decoder, &unread, &next, &unused, &end, nil)
      // Anything but success is damage, an end that is missing, or more output than there is room for. What is left
      // unread followed the stream, and belongs to nobody.
      guard result == BROTLI_DECODER_RESULT_SUCCESS, unread == 0 else {
        throw P2PCopyError(
          .corruptData, "a brotli chunk cannot be decompressed: it is damaged, cut short, or larger than allowed",
          remedy: .sendAgain)
      }
      return room.count - unused
    }
  }
}
