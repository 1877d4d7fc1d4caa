import CBrotli
import P2PCopyCore

/// Compresses each chunk in one go.
///
/// libbrotli cannot reset an encoder, so there is nothing to keep from one chunk to the next. With a library that can,
/// such as libzstd, this is where its state lives: made in `init`, reused by every call, freed in `deinit`.
final class BrotliCompressionContext: CompressionContext {
  private let quality: Int32

  init(quality: Int) {
    self.quality = Int32(clamping: quality)
  }

  func compress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
    try output.appendBytes(from: input) { source, room throws(P2PCopyError) in
      var count = room.count
      let result = BrotliEncoderCompress(
        quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, source.count, source.baseAddress, &count, room.baseAddress)
      guard result == BROTLI_TRUE else {
        throw P2PCopyError(.internalError, "brotli could not compress \(source.count) bytes: the room is too small")
      }
      return count
    }
  }
}
