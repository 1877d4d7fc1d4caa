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
    let isCompressed = input.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { room, used in
        // The span may hold something already: write behind it, and say how far.
        let free = UnsafeMutableRawBufferPointer(rebasing: room[used...])
        var count = free.count
        let result = BrotliEncoderCompress(
          quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, source.count,
          source.baseAddress?.assumingMemoryBound(to: UInt8.self), &count,
          free.baseAddress?.assumingMemoryBound(to: UInt8.self))
        guard result == BROTLI_TRUE else { return false }
        used += count
        return true
      }
    }
    guard isCompressed else {
      throw P2PCopyError(.internalError, "brotli could not compress \(input.byteCount) bytes: the room is too small")
    }
  }
}
