import P2PCopyCore
import Zstd

/// zstd with one fault.
struct BrokenCompressor: Compressor {
  enum Fault: CaseIterable {
    case changesAByte, boundIsTooLow, ignoresTrailingBytes, throwsTheWrongCode, overrunsTheRoom, breaksAfterAnError

    /// What the kit must say about it.
    var finding: String {
      switch self {
      case .changesAByte: "came back changed"
      case .boundIsTooLow: "round trips: unexpected error"
      case .ignoresTrailingBytes: "followed by 1 other bytes was accepted"
      case .throwsTheWrongCode: "was refused with the code internal-error"
      case .overrunsTheRoom: "bytes beyond the room were written"
      case .breaksAfterAnError: "a context gives wrong results after an error"
      }
    }
  }

  var fault: Fault

  var name: CodecName { "broken@example.org" }
  var summary: String { "zstd with a fault" }

  func maximumCompressedByteCount(for byteCount: Int) -> Int {
    fault == .boundIsTooLow ? byteCount : ZstdCompressor().maximumCompressedByteCount(for: byteCount)
  }

  func makeCompressionContext() throws(P2PCopyError) -> any CompressionContext {
    try ZstdCompressor().makeCompressionContext()
  }

  func makeDecompressionContext() throws(P2PCopyError) -> any DecompressionContext {
    Decompression(fault: fault, context: try ZstdCompressor().makeDecompressionContext())
  }

  private final class Decompression: DecompressionContext {
    let fault: Fault
    let context: any DecompressionContext
    var hasFailed = false

    init(fault: Fault, context: any DecompressionContext) {
      self.fault = fault
      self.context = context
    }

    func decompress(_ input: RawSpan, into output: inout OutputRawSpan) throws(P2PCopyError) {
      if fault == .breaksAfterAnError, hasFailed { return }
      do throws(P2PCopyError) {
        let isFollowedByZero =
          input.byteCount > 0 && input.unsafeLoad(fromByteOffset: input.byteCount - 1, as: UInt8.self) == 0
        if fault == .ignoresTrailingBytes, isFollowedByZero,
          (try? decompress(input.extracting(droppingLast: 1), into: &output)) != nil
        {
          return
        }
        let start = output.byteCount
        try context.decompress(input, into: &output)
        output.withUnsafeMutableBytes { room, used in
          if fault == .changesAByte, used > start { room[used - 1] ^= 1 }
          // The kit keeps bytes of its own behind the room, so this stays in its memory.
          if fault == .overrunsTheRoom { room.baseAddress?.storeBytes(of: 0, toByteOffset: room.count, as: UInt8.self) }
        }
      } catch {
        hasFailed = true
        throw fault == .throwsTheWrongCode ? P2PCopyError(.internalError, "wrong") : error
      }
    }
  }
}
