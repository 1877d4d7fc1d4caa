import CZstd
import P2PCopyCore

/// A `ZSTD_DCtx`, reused for every chunk.
///
/// Single-shot decompression writes straight into the caller's room and allocates nothing that the frame asks for.
final class ZstdDecompressionContext: DecompressionContext {
  private let context: OpaquePointer

  init() throws(P2PCopyError) {
    guard let context = ZSTD_createDCtx() else {
      throw P2PCopyError(.outOfResources, "zstd has no memory for a decompression context", remedy: .raiseLimits)
    }
    self.context = context
  }

  deinit {
    ZSTD_freeDCtx(context)
  }

  func decompress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
    try ZstdFrameHeader.check(input, room: output.freeCapacity)
    try output.appendBytes(from: input) { source, room throws(P2PCopyError) in
      let result = ZSTD_decompressDCtx(context, room.baseAddress, room.count, source.baseAddress, source.count)
      guard ZSTD_isError(result) == 0 else {
        throw ZstdFrameHeader.refusal(String(cString: ZSTD_getErrorName(result)))
      }
      return result
    }
  }
}
