import CZstd
import P2PCopyCore

/// A `ZSTD_CCtx`, reused for every chunk.
final class ZstdCompressionContext: CompressionContext {
  private let context: OpaquePointer

  init(level: Int) throws(P2PCopyError) {
    guard let context = ZSTD_createCCtx() else {
      throw P2PCopyError(.outOfResources, "zstd has no memory for a compression context", remedy: .raiseLimits)
    }
    self.context = context
    try set(ZSTD_c_compressionLevel, to: Int32(clamping: level))
    // The Python tool reads the size from the header and refuses frames without it.
    try set(ZSTD_c_contentSizeFlag, to: 1)
    try set(ZSTD_c_checksumFlag, to: 0)
  }

  deinit {
    ZSTD_freeCCtx(context)
  }

  func compress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
    try output.appendBytes(from: input) { source, room throws(P2PCopyError) in
      let result = ZSTD_compress2(context, room.baseAddress, room.count, source.baseAddress, source.count)
      guard ZSTD_isError(result) == 0 else {
        throw P2PCopyError(
          .internalError,
          "zstd could not compress \(source.count) bytes: \(String(cString: ZSTD_getErrorName(result)))")
      }
      return result
    }
  }

  private func set(_ parameter: ZSTD_cParameter, to value: Int32) throws(P2PCopyError) {
    let result = ZSTD_CCtx_setParameter(context, parameter, value)
    guard ZSTD_isError(result) == 0 else {
      throw P2PCopyError(
        .internalError, "libzstd refuses a parameter: \(String(cString: ZSTD_getErrorName(result)))")
    }
  }
}
